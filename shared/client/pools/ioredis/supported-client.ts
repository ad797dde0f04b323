import type { Socket } from "node:net";
import { RekeyError } from "../../../errors/rekey-error.ts";

/** What is needed of the Redis or Cluster that `createClient` makes with ioredis. */
export interface RotatableIoredis {
  readonly status: string;
  connect(): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
  quit(): Promise<unknown>;
}

type Method<Result = unknown> = (...given: unknown[]) => Result;

/** A connection, with the parts of it that rekey reaches into. */
export interface DriverConnection extends RotatableIoredis {
  /** Absent from 5.0. */
  readonly mode?: string;
  readonly options: Record<string, unknown>;
  condition: { auth?: unknown; readonly subscriber?: unknown } | null | undefined;
  readonly connector: { connect: Method<Promise<Socket>>; firstError?: Error | undefined };
  sendCommand: Method;
  duplicate: Method<DriverConnection>;
  auth(username: string, password: string): Promise<unknown>;
  on(event: string, listener: (about: unknown) => void): unknown;
}

export interface DriverCluster extends RotatableIoredis {
  readonly isCluster: true;
  readonly options: Record<string, unknown>;
  readonly startupNodes: readonly unknown[];
  readonly subscriber: { selectSubscriber: Method; getInstance(): DriverConnection | null };
  nodes(): DriverConnection[];
  duplicate: Method<DriverCluster>;
  on(event: string, listener: (about: unknown) => void): unknown;
}

const member = (value: unknown, name: string): unknown => Reflect.get(Object(value) as object, name);
const areMethods = (value: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof member(value, name) === "function");

const invalid = (problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "createClient", problem }, hint });

const isConnection = (client: unknown): boolean =>
  areMethods(client, "connect", "disconnect", "quit", "sendCommand", "duplicate", "auth", "on") &&
  areMethods(member(client, "connector"), "connect") &&
  typeof member(client, "options") === "object";

const isCluster = (client: unknown): client is DriverCluster =>
  member(client, "isCluster") === true &&
  areMethods(client, "connect", "disconnect", "quit", "nodes", "duplicate", "on") &&
  areMethods(member(client, "subscriber"), "selectSubscriber", "getInstance");

const hasCredential = (options: unknown): boolean =>
  typeof options === "string"
    ? options.includes("@")
    : [member(options, "username"), member(options, "password")].some((one) => one !== undefined && one !== null);

function discard(client: unknown): void {
  const disconnect = member(client, "disconnect");
  if (typeof disconnect !== "function") return;
  (async () => Reflect.apply(disconnect, client, []) as unknown)().catch(() => undefined);
}

/**
 * That the client logs in by rekey and in no other way. Errors: `driver-unsupported`, `option-invalid`; the client is then
 * closed.
 */
export function rotatable(client: unknown): DriverConnection | DriverCluster {
  if (typeof member(client, "then") === "function")
    throw invalid("returns a promise", "return the client before it connects");
  const cluster = isCluster(client) ? client : undefined;
  if (cluster === undefined && !isConnection(client)) {
    discard(client);
    throw new RekeyError("driver-unsupported", {
      context: { driver: "ioredis", found: "another client", supported: "ioredis 5.0.0 to 6.x" },
      hint: "npm install ioredis, and give what new Redis or new Redis.Cluster makes; rekey/client/redis is for redis and @redis/client",
    });
  }
  const options =
    cluster === undefined
      ? [member(client, "options")]
      : [member(cluster.options, "redisOptions"), ...cluster.startupNodes];
  if (options.some(hasCredential)) {
    discard(client);
    throw invalid(
      "has a username or a password",
      "leave them out, also of a URL: createClient: (login) => new Redis({ ...login })",
    );
  }
  if (member(client, "status") !== "wait") {
    discard(client);
    throw invalid(
      "returns a client that connects",
      "keep lazyConnect: true: new Redis({ ...login }), or new Redis.Cluster(nodes, { lazyConnect: true, redisOptions: login })",
    );
  }
  return client as DriverConnection | DriverCluster;
}
