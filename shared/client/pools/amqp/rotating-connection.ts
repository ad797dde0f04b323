import { EventEmitter } from "node:events";
import { RekeyError } from "../../../errors/rekey-error.ts";
import { callListener } from "../../call-listener.ts";
import { keptAlive } from "../../kept-alive.ts";
import { failureReason } from "../../name-of-thrown.ts";
import { acknowledging } from "../acknowledging.ts";
import { goodbyeMs } from "../connect-time.ts";
import { type Rotating, type RotatingOptions, rotatingOptionNames } from "../rotating-options.ts";
import { type AmqpLoginSettings, type LoggedIn, loggingIn } from "./log-in.ts";
import { closeChannel } from "./channel-calls.ts";
import { MovingChannel } from "./moving-channel.ts";
import type { DriverChannel, RotatableModel } from "./supported-driver.ts";
import { within } from "./within.ts";

export type { AmqpCredentials, AmqpLoginOptions } from "./amqp-login.ts";
export { rotatingServers, type RotatingServersOptions } from "./rotating-servers.ts";
export type { RotatableModel } from "./supported-driver.ts";

export interface RotatingConnectionOptions<Model extends RotatableModel>
  extends AmqpLoginSettings<Model>, RotatingOptions {
  /** Declares exchanges and queues. Called with each new connection, before anything is published or consumed on it. */
  readonly setup?: (connection: Model) => Promise<unknown>;
}

/** Of the driver's own type; `connection` is that of the newest credential. */
export type RotatingConnection<Model extends RotatableModel> = Model &
  Rotating & {
    /** Called when the connection of a replaced credential is closed. */
    onDrained(listener: (versionId: string) => void): void;
    /** Cancels what consumes, waits `drainTimeoutMs` for acknowledgements and confirms, and closes all. Idempotent. */
    end(): Promise<void>;
  };

type Opens = "createChannel" | "createConfirmChannel";

/** The driver's connection for one credential. */
interface Generation<Model> extends LoggedIn<Model> {
  /** How many channels still have something outstanding on it. */
  channels: number;
  isOpen: boolean;
  overdue?: NodeJS.Timeout;
  closing?: Promise<void>;
}

const retryMs = 30_000;
const events = ["blocked", "unblocked", "update-secret-ok", "handler-error"] as const;

/** In order, or else by cutting its socket. */
async function closeModel(model: RotatableModel): Promise<void> {
  const socket: unknown = Reflect.get(Object(Reflect.get(model, "connection")) as object, "stream");
  let late: NodeJS.Timeout | undefined;
  const cut = new Promise<void>((resolve) => {
    late = setTimeout(() => {
      const destroy: unknown = Reflect.get(Object(socket) as object, "destroy");
      if (typeof destroy === "function") Reflect.apply(destroy, socket, [new Error("no answer to close")]);
      resolve();
    }, goodbyeMs);
  });
  await Promise.race([(async () => model.close())().catch(() => undefined), cut]);
  clearTimeout(late);
}

/**
 * amqplib's connection, which survives rotations. A broker asks for a password once, so a new credential needs a new connection:
 * it is opened next to the one in use, `setup` declares what is needed on it, and each channel goes on there. What was
 * published is confirmed by the old connection before more is published by the new one; consumers are cancelled, and consume
 * again once what the old one delivered to them is acknowledged, which is done on the channel that delivered it. A refused login
 * is tried with AWSCURRENT as it is now, then AWSPENDING; while no login succeeds the connection in use stays, and the client's `error`
 * listeners are told. A lost connection is told as the driver tells it (`error`, `close`), and is over: make another.
 * Exclusive queues end with their connection and cannot be moved. Errors: the client's, the driver's, `credential-refused`,
 * `tls-refused`, `option-invalid`, `driver-unsupported`, `secret-malformed`, `pool-closed` for a channel of a closed one.
 *
 * @example
 * ```ts
 * import amqp from "amqplib";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { createRotatingConnection } from "rekey/client/amqp";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const connection = await createRotatingConnection({ client, secretId: "prod/broker", connect: amqp.connect });
 * const channel = await connection.createConfirmChannel();
 * channel.sendToQueue("orders", Buffer.from("42"));
 * await channel.waitForConfirms();
 * ```
 */
export async function createRotatingConnection<Model extends RotatableModel>(
  options: RotatingConnectionOptions<Model>,
): Promise<RotatingConnection<Model>> {
  const { client, secretId, setup, drainTimeoutMs = 60_000, afterDrainTimeout = "release" } = options;
  const acknowledgement = acknowledging(options);
  const login = loggingIn(options, [...rotatingOptionNames, "setup"]);
  const facade = new EventEmitter();
  const channels = new Map<MovingChannel, Opens>();
  const replaced = new Set<Generation<Model>>();
  const drainListeners = new Set<(versionId: string) => void>();
  let moving: Promise<void> | undefined;
  let isWanted = false;
  let retry: NodeJS.Timeout | undefined;
  let isOver = false;
  let ending: Promise<void> | undefined;
  let active!: Generation<Model>;

  const settled = (): void => {
    if (!isOver && replaced.size === 0) acknowledgement.alone(active.versionId);
  };

  /** Errors: the driver's, those of the login, whatever `setup` throws. */
  async function open(): Promise<Generation<Model>> {
    const generation: Generation<Model> = { ...(await login.logIn()), channels: 0, isOpen: true };
    const { model } = generation;
    for (const event of events) model.on(event, (...about: unknown[]) => facade.emit(event, ...about));
    model.on("error", (error: Error) => {
      if (generation === active && !isOver) facade.emit("error", error);
    });
    model.on("close", (...about: unknown[]) => {
      generation.isOpen = false;
      if (generation !== active || isOver) return;
      stop();
      facade.emit("close", ...about);
    });
    try {
      await setup?.(model);
    } catch (error) {
      await closeModel(model);
      throw error;
    }
    return generation;
  }

  const openChannel = async (
    { model }: Generation<Model>,
    name: Opens,
    given: unknown[] = [],
  ): Promise<DriverChannel> =>
    (await Reflect.apply(model[name] as (...given: unknown[]) => Promise<object>, model, given)) as DriverChannel;

  function stop(): void {
    isOver = true;
    stopListening();
    clearTimeout(retry);
  }

  async function retire(generation: Generation<Model>): Promise<void> {
    clearTimeout(generation.overdue);
    if (generation.isOpen) await (generation.closing ??= closeModel(generation.model));
    if (!replaced.delete(generation)) return;
    for (const listener of drainListeners) callListener("drained", () => listener(generation.versionId));
    settled();
  }

  function released(generation: Generation<Model>): void {
    if (--generation.channels === 0) void retire(generation);
  }

  /** Errors: those of `open`; then everything stays where it is. */
  async function moveOnce(): Promise<void> {
    // What was AWSPENDING when it was logged in with is AWSCURRENT now.
    if (client.peek(secretId)?.versionId === active.versionId) return settled();
    const next = await open();
    if (isOver || next.versionId === active.versionId) return closeModel(next.model);
    const prepared = new Map<MovingChannel, DriverChannel>();
    try {
      for (const [channel, name] of channels)
        prepared.set(channel, await channel.prepare(async () => openChannel(next, name)));
    } catch (error) {
      await closeModel(next.model);
      throw error;
    }
    const before = active;
    active = next;
    replaced.add(before);
    // One more than there are, until each has moved.
    before.channels = prepared.size + 1;
    const moves = [...prepared].map(async ([channel, onNext]) => channel.moveTo(onNext, () => released(before)));
    await Promise.allSettled(moves);
    if (afterDrainTimeout === "destroy") before.overdue = setTimeout(() => void retire(before), drainTimeoutMs).unref();
    released(before);
  }

  async function move(): Promise<void> {
    while (isWanted && !isOver) {
      isWanted = false;
      clearTimeout(retry);
      try {
        await moveOnce();
      } catch (error) {
        if (isOver) return;
        const told =
          error instanceof RekeyError
            ? error
            : new RekeyError("connection-lost", {
                context: { secret: secretId, reason: failureReason(error) },
                hint: "the connection in use stays, and the next try is in 30 s: look at the broker, and at what setup declares",
              });
        client.report({ secretId, error: told });
        retry = setTimeout(request, retryMs).unref();
      }
    }
  }

  function request(): void {
    isWanted = true;
    if (active === undefined) return;
    moving ??= move().finally(() => (moving = undefined));
  }

  async function create(name: Opens, given: unknown[]): Promise<MovingChannel> {
    if (isOver) throw new RekeyError("pool-closed", { context: { secret: secretId } });
    // Without events, it is such reads by which the client learns of a rotation.
    client.get(secretId).catch(() => undefined);
    for (;;) {
      await moving;
      const generation = active;
      const opened = await openChannel(generation, name, given).catch((error: unknown) => {
        if (generation === active || isOver) throw error;
      });
      if (opened === undefined) continue;
      if (generation === active && moving === undefined) return taken(opened, name);
      // A move began meanwhile, and does not know of the channel.
      await closeChannel(opened).catch(() => undefined);
    }
  }

  function taken(opened: DriverChannel, name: Opens): MovingChannel {
    const closed = (channel: MovingChannel): void => void channels.delete(channel);
    const channel = new MovingChannel(opened, { drainTimeoutMs, closed });
    channels.set(channel, name);
    return channel;
  }

  async function end(): Promise<void> {
    stop();
    const finish = async (channel: MovingChannel): Promise<void> => {
      await channel.stop();
      await channel.finished();
    };
    const finished = (async () => {
      await moving;
      await Promise.allSettled([...channels.keys()].map(finish));
    })();
    await within(drainTimeoutMs, finished);
    await Promise.all([...replaced, active].map(retire));
    await moving;
    await retire(active);
    facade.emit("close");
  }

  const ended = async (): Promise<void> => (ending ??= keptAlive(end()));
  const stopListening = client.on("rotated", ({ secretId: rotated }) => {
    if (rotated === secretId) request();
  });
  try {
    active = await keptAlive(open());
  } catch (error) {
    stopListening();
    throw error;
  }
  if (isWanted) request();
  settled();
  return Object.defineProperties(facade, {
    connection: { get: () => Reflect.get(active.model, "connection") as unknown },
    versionId: { get: () => active.versionId },
    refusedLogins: { get: () => login.refusedLogins },
    createChannel: { value: async (...given: unknown[]) => create("createChannel", given) },
    createConfirmChannel: { value: async (...given: unknown[]) => create("createConfirmChannel", given) },
    updateSecret: {
      value: async (...given: unknown[]) =>
        Reflect.apply(Reflect.get(active.model, "updateSecret") as () => Promise<void>, active.model, given),
    },
    onDrained: { value: (listener: (versionId: string) => void) => void drainListeners.add(listener) },
    close: { value: ended },
    end: { value: ended },
    [Symbol.asyncDispose]: { value: ended },
  }) as unknown as RotatingConnection<Model>;
}
