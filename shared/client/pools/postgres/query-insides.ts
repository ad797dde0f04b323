import type postgres from "postgres";
import { RekeyError } from "../../../errors/rekey-error.ts";

/**
 * What the driver's query does not declare in its types. It is made by one instance and may be run by any other: whoever
 * awaits it makes it call its handler. Tested with 3.4.9.
 */
export interface QueryInsides {
  handler: (query: QueryInsides) => void;
  canceller: ((query: QueryInsides) => Promise<void>) | null;
  /** The connection that it was given to. `null` until then: nothing of it was sent. */
  state: object | null;
  /** `true` while the server runs it; set to `false` when it settles. */
  active: boolean;
  cancelled: unknown;
  reject(error: unknown): void;
  strings: readonly string[];
}

export const insides = (query: object): QueryInsides => query as QueryInsides;

/** Of what the driver's tag returns, a query and not a fragment's helper. */
export const isQuery = (made: unknown): made is QueryInsides =>
  made instanceof Promise && typeof Reflect.get(made, "handler") === "function";

/** Says when a query was given to a connection, and when it has settled after that. */
export function watchQuery(query: QueryInsides, { sent, settled }: { sent(): void; settled(): void }): void {
  let state: object | null = null;
  let active = false;
  let isSettled = false;
  Object.defineProperties(query, {
    state: {
      configurable: true,
      enumerable: true,
      get: () => state,
      set(given: object | null) {
        const isFirst = state === null && given !== null;
        state = given;
        if (isFirst) sent();
      },
    },
    active: {
      configurable: true,
      enumerable: true,
      get: () => active,
      set(given: boolean) {
        active = given;
        if (given || state === null || isSettled) return;
        isSettled = true;
        settled();
      },
    },
  });
}

const members: readonly (readonly [keyof QueryInsides, string])[] = [
  ["handler", "function"],
  ["canceller", "function"],
  ["state", "object"],
  ["active", "boolean"],
  ["reject", "function"],
  ["strings", "object"],
];

/** A version to come may have other insides. It is refused when a pool is made, and not at the first rotation. Errors: `driver-unsupported`. */
export function assertSupported(sql: postgres.Sql): void {
  const query = insides(sql.unsafe(""));
  const hasInsides = members.every(([name, type]) => typeof query[name] === type);
  if (hasInsides && query.state === null && typeof Reflect.get(sql, "close") === "function") return;
  throw new RekeyError("driver-unsupported", {
    context: { driver: "postgres", found: "unknown", supported: "3.4.9 to 3.x" },
    hint: "npm install postgres@3.4",
  });
}
