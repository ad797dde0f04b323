import type { CredentialIssuer } from "../ports/credential-issuer.ts";
import type { DatabaseEngine } from "../ports/database-engine.ts";

/** Stands between a caller and a port: it may delay a call, refuse it, or cut it after it took effect. */
export type Gate = <Result>(operation: string, work: () => Promise<Result>) => Promise<Result>;

/** Lets every call pass and keeps their names, in order. */
export const recording =
  (calls: string[]): Gate =>
  async (operation, work) => {
    calls.push(operation);
    return work();
  };

type AsyncMethod = (...args: unknown[]) => Promise<unknown>;

/** Functions of an engine that answer at once and ask nobody. */
const synchronous: ReadonlySet<string> = new Set(["computedMembers", "passwordHash"] satisfies (
  | keyof CredentialIssuer
  | keyof DatabaseEngine
)[]);

/**
 * The same port with every asynchronous method behind the gate, those of the sessions that it hands out included. Closing
 * a session is not gated: a dead process closes its sockets too.
 */
export function gated<Port extends object>(port: Port, gate: Gate): Port {
  return new Proxy(port, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function" || typeof name === "symbol" || synchronous.has(name)) return member;
      const method = member as AsyncMethod;
      return async (...args: unknown[]): Promise<unknown> => {
        const result = await gate(name, async () => method.apply(target, args));
        return hasSession(result) ? { ...result, session: gated(result.session, gate) } : result;
      };
    },
  });
}

const hasSession = (result: unknown): result is { readonly session: object } =>
  typeof result === "object" && result !== null && typeof Reflect.get(result, "session") === "object";
