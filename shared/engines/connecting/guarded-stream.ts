import type { Duplex } from "node:stream";
import { RekeyError } from "../../errors/rekey-error.ts";

/** The server sent something that its protocol does not allow, or far more than an answer needs. */
export class ServerMisbehaved extends Error {
  /** In words of rekey's own. */
  readonly problem: string;

  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}

type Parse = (chunk: Buffer) => void;

/**
 * Puts `guard` between the socket and the driver's parser. What either throws ends the socket with that error; in a listener
 * of the socket's it would end the process.
 */
export function guardStream(stream: Duplex, guard: (parse: Parse) => Parse): void {
  const parse = stream.listeners("data").at(-1) as Parse;
  const guarded = guard(parse);
  stream.off("data", parse).on("data", (chunk: Buffer) => {
    if (stream.destroyed) return;
    try {
      guarded(chunk);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
}

/**
 * The session, whose methods end in a `RekeyError` also when rows are of forms that no honest server gives them, at which
 * the code that reads them throws whatever it does.
 */
export const guardSession = <Session extends object>(session: Session): Session =>
  new Proxy(session, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...given: readonly unknown[]): Promise<unknown> => {
        try {
          return await (Reflect.apply(member, target, given) as Promise<unknown>);
        } catch (error) {
          if (error instanceof RekeyError) throw error;
          const reason = error instanceof Error ? error.name : "unknown";
          const context =
            error instanceof ServerMisbehaved
              ? { problem: error.problem }
              : { problem: "rows of an unexpected form", reason };
          throw new RekeyError("server-misbehaved", { context });
        }
      };
    },
  });
