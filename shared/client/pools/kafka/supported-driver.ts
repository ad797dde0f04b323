import { RekeyError } from "../../../errors/rekey-error.ts";

/** What is needed of a connection of `@platformatic/kafka`. */
export interface KafkaConnection {
  readonly host: string | undefined;
  readonly port: number | undefined;
  on(event: "error", listener: () => void): unknown;
}

interface Authenticator {
  authenticate(...given: never[]): unknown;
}

/** What is needed of the package `@platformatic/kafka`: `import * as kafka from "@platformatic/kafka"`. */
export interface KafkaDriver {
  readonly Connection: new (...given: never[]) => KafkaConnection;
  readonly saslPlain: Authenticator;
  readonly saslScramSha: Authenticator;
}

const has = (value: unknown, name: string): boolean => typeof Reflect.get(Object(value) as object, name) === "function";

/** Errors: `driver-unsupported`. */
export function assertSupported(driver: Partial<KafkaDriver> | undefined): void {
  const { Connection, saslPlain, saslScramSha } = driver ?? {};
  const made: unknown = typeof Connection === "function" ? Connection.prototype : undefined;
  const isSupported =
    ["connect", "close", "on", "reauthenticate"].every((name) => has(made, name)) &&
    has(saslPlain, "authenticate") &&
    has(saslScramSha, "authenticate");
  if (isSupported) return;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "@platformatic/kafka", found: "another client or version", supported: "1.27.0 to 2.x" },
    hint: "npm install @platformatic/kafka, and give kafka the module itself: import * as kafka",
  });
}
