import { failureReason } from "../name-of-thrown.ts";

/**
 * What is needed of a connection of the package `redis` that is kept for subscriptions. The optional part finds a connection
 * that stalls and replaces it: without `ping` a stall is not seen, without the others it is only reported.
 */
export interface RedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener?: (message: string) => void): Promise<unknown>;
  on(event: "connect" | "ready" | "error", listener: (error?: unknown) => void): unknown;
  off(event: "connect" | "ready" | "error", listener: (error?: unknown) => void): unknown;
  ping?(): Promise<unknown>;
  destroy?(): void;
  connect?(): Promise<unknown>;
  readonly isReady?: boolean;
  readonly isOpen?: boolean;
}

/** Redis's own word for it, which its errors begin with, such as `NOPERM`; else the error's name or code. */
export const redisReason = (error: unknown): string =>
  (error instanceof Error ? /^([A-Z]{4,20}) /.exec(error.message)?.[1] : undefined) ?? failureReason(error);

const hints = new Map([
  ["NOPERM", "allow the user +subscribe, +unsubscribe and the channel: ACL SETUSER <user> resetchannels &<channel>"],
  [
    "ClientClosedError",
    "connect the client before or after subscribing: redisSource does not open one that was never opened, or that you closed",
  ],
  [
    "time-budget-spent",
    "the connection does not answer: check the network and the server's load; a client of the package redis is reconnected",
  ],
]);
/** Until a connection that was destroyed has ended. */
const settleMs = 50;
const defaultHint = "check the server and the connection's settings; the cache falls back to its TTL meanwhile";

export const redisHint = (reason: string): string => hints.get(reason) ?? defaultHint;

export interface RedisLink {
  /** Throws while the connection is closed: the driver would keep a subscription until it is opened. */
  demandOpen(): void;
  /** Settles when the server answers. A user who may not PING is answered, too. Errors: those of the connection. */
  prove(): Promise<void>;
  /** After a wait that nobody answered: replaces the connection where it is the one that stalls. */
  revive(waitedMs: number): void;
  stop(): void;
}

/**
 * Watches over a connection. It is replaced where it was up before, so that nobody waits for its first `connect` any more:
 * when it is up and answers nothing, or when it has reached the server and the login is not answered. While it tries again by itself it is left alone.
 */
export function redisLink(redis: RedisSubscriber): RedisLink {
  let wasReady = redis.isReady === true;
  /** From the moment at which it was closed here until it is up again. */
  let isOurs = false;
  let isStopped = false;
  let loginSinceMs: number | undefined;

  const onConnect = (): void => void (loginSinceMs = performance.now());
  const onReady = (): void => {
    wasReady = true;
    isOurs = false;
    loginSinceMs = undefined;
  };
  const onError = (): void => void (loginSinceMs = undefined);
  redis.on("connect", onConnect);
  redis.on("ready", onReady);
  redis.on("error", onError);

  const connect = (): void => {
    if (!isStopped) (async () => redis.connect?.())().catch(() => undefined);
  };

  return {
    demandOpen() {
      if (redis.isOpen === false) throw Object.assign(new Error(), { name: "ClientClosedError" });
    },
    async prove() {
      try {
        await redis.ping?.();
      } catch (error) {
        if (redisReason(error) !== "NOPERM") throw error;
      }
      wasReady = true;
    },
    revive(waitedMs) {
      if (redis.destroy === undefined || redis.connect === undefined) return;
      if (isOurs && redis.isOpen === false) return connect();
      const waitsForLogin = loginSinceMs !== undefined && performance.now() - loginSinceMs >= waitedMs;
      if (!wasReady || !(redis.isReady === true || waitsForLogin)) return;
      loginSinceMs = undefined;
      isOurs = true;
      try {
        redis.destroy();
      } catch {
        // It was closed already.
      }
      // What is left of the old connection has to notice first that it is closed.
      setTimeout(connect, settleMs).unref();
    },
    stop() {
      isStopped = true;
      redis.off("connect", onConnect);
      redis.off("ready", onReady);
      redis.off("error", onError);
    },
  };
}
