import { isRekeyError } from "../errors/rekey-error.ts";

const refusals = ["database-rights-missing", "database-failed", "engine-unsupported"] as const;

/** The answer, or `undefined` where this session may not ask or the server does not know the command. */
export async function ifAnswered<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (refusals.some((code) => isRekeyError(error, code))) return undefined;
    throw error;
  }
}

/** By the numbers, as far as both have some; a version that does not begin with one is none. */
export const isAtLeast = (version: string, oldest: string): boolean =>
  /^\d/.test(version) && version.localeCompare(oldest, "en", { numeric: true }) >= 0;
