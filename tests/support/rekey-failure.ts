import { RekeyError } from "../../shared/errors/rekey-error.ts";

/** The error of rekey's own that this ends with; anything else fails the test. */
export async function rekeyFailure(work: Promise<unknown>): Promise<RekeyError> {
  const outcome: unknown = await work.catch((error: unknown) => error);
  if (outcome instanceof RekeyError) return outcome;
  throw new Error("no RekeyError", { cause: outcome });
}
