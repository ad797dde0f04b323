import type { SecretSource } from "../../../shared/client/sources/secret-source.ts";
import { isRekeyError } from "../../../shared/errors/rekey-error.ts";

/**
 * A source that can be made only once something else is reached, such as the secret with its login. While that is away its
 * reads fail with that error, and the next one tries again. Errors: those of `make` that a later try does not fix.
 */
export async function reachedSource(make: () => Promise<SecretSource>): Promise<SecretSource> {
  let made: Promise<SecretSource> | undefined;
  async function once(): Promise<SecretSource> {
    try {
      return await make();
    } catch (error) {
      made = undefined;
      throw error;
    }
  }
  const reached = async (): Promise<SecretSource> => (made ??= once());
  try {
    await reached();
  } catch (error) {
    if (!isRekeyError(error) || error.disposition !== "retry") throw error;
  }
  return { read: async (secretId, at, call) => (await reached()).read(secretId, at, call) };
}
