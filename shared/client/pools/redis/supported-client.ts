import { RekeyError } from "../../../errors/rekey-error.ts";
import type { RedisLogin } from "./redis-login.ts";

/** What is needed of the client that `createClient` of the package `redis` makes. */
export interface RotatableRedis {
  readonly isReady: boolean;
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  sendCommand(command: string[], options?: { readonly timeout?: number | undefined }): Promise<unknown>;
  on(event: "ready" | "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
  destroy(): void;
}

const methods = ["connect", "sendCommand", "on", "close", "destroy"] as const;

const member = (value: unknown, name: string): unknown => Reflect.get(Object(value) as object, name);

const invalid = (problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "createClient", problem }, hint });

/** `redis` before 5 knows no credentials provider: it would log in as the default user. So would ioredis, which connects at once. */
function unsupported(client: object): RekeyError {
  const isFour = typeof member(client, "executeIsolated") === "function";
  const found = isFour ? "redis 4" : "another client";
  return new RekeyError("driver-unsupported", {
    context: { driver: "redis", found, supported: "redis or @redis/client, 5.0.0 to 6.x" },
    hint: "npm install redis@6, and give what its createClient makes",
  });
}

/** Ends what may have begun to connect, whatever it is. */
function discard(client: unknown): void {
  const disconnect = member(client, "disconnect");
  if (member(client, "isOpen") === false || typeof disconnect !== "function") return;
  (async () => Reflect.apply(disconnect, client, []) as unknown)().catch(() => undefined);
}

/** That the client logs in as `login` says, and in no other way. Errors: `driver-unsupported`, `option-invalid`; the client is not connected then. */
export function assertRotatable(client: unknown, { credentialsProvider }: RedisLogin): void {
  if (typeof client !== "object" || client === null) throw invalid("returns no client");
  if (typeof member(client, "then") === "function") {
    Promise.resolve(client).then(discard, () => undefined);
    throw invalid("returns a promise", "return the client before it connects");
  }
  if (
    !methods.every((name) => typeof member(client, name) === "function") ||
    typeof member(client, "isReady") !== "boolean"
  ) {
    discard(client);
    throw unsupported(client);
  }
  if (member(client, "isOpen") === true) {
    discard(client);
    throw invalid("returns a client that is connected", "return a new client at each call, and leave it to connect");
  }
  if (member(member(client, "options"), "credentialsProvider") !== credentialsProvider)
    throw invalid(
      "does not log in by credentialsProvider",
      "createClient: (login) => createClient({ ...login }), without a user in url",
    );
}
