import fc from "fast-check";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { DatabaseSession, Login } from "../../shared/ports/database-engine.ts";
import { sampledRuns } from "./sampled.ts";

/** What becomes of one entry of a recorded conversation. `at` is a share of its bytes. */
export interface Change {
  readonly kind: "truncated" | "flipped" | "repeated" | "lying";
  readonly entry: number;
  readonly at: number;
  readonly value: number;
}

const change = (entries: number): fc.Arbitrary<Change> =>
  fc.record({
    kind: fc.constantFrom("truncated", "flipped", "repeated", "lying"),
    entry: fc.nat(entries - 1),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    value: fc.nat(0xffffffff),
  });

function changedEntry(bytes: Buffer, { kind, at, value }: Change): readonly Buffer[] {
  const copy = Buffer.from(bytes);
  const place = Math.floor(at * copy.length);
  if (kind === "truncated") return [copy.subarray(0, place)];
  if (kind === "repeated") return [Buffer.concat(Array.from({ length: 2 + (value % 40) }, () => copy))];
  if (kind === "flipped") copy[place] = (copy[place] ?? 0) ^ (1 + (value % 255));
  else copy.writeUInt32BE(value, Math.min(place, Math.max(0, copy.length - 4)));
  return [copy];
}

/** The server's side with one change, after which it says nothing more when it has cut something off. */
export function changed(recorded: readonly Buffer[], made: Change | undefined): readonly Buffer[] {
  if (made === undefined) return recorded;
  const before = recorded.slice(0, made.entry);
  const after = made.kind === "truncated" ? [] : recorded.slice(made.entry + 1);
  return [...before, ...changedEntry(recorded[made.entry] ?? Buffer.alloc(0), made), ...after];
}

/** How a conversation ended: `done`, as a login's result, or with the code of rekey's own error. Another error is thrown. */
export async function endOf<Session extends DatabaseSession>(
  login: Promise<Login<Session>>,
  work: (session: Session) => Promise<void>,
): Promise<string> {
  try {
    const found = await login;
    if (!found.ok) return found.refusal;
    await using session = found.session;
    await work(session);
    return "done";
  } catch (error) {
    if (error instanceof RekeyError) return error.code;
    throw error;
  }
}

/** A few hundred conversations, eight at a time, always the same. */
export async function eachChange(
  recorded: readonly Buffer[],
  converse: (made: Change) => Promise<unknown>,
): Promise<void> {
  const eight = fc.array(change(recorded.length), { minLength: 8, maxLength: 8 });
  const property = fc.asyncProperty(eight, async (made) => {
    await Promise.all(made.map(converse));
  });
  await fc.assert(property, { seed: 20_261_130, numRuns: sampledRuns(30), endOnFailure: true });
}
