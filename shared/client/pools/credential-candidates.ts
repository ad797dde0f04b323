import type { SecretClient } from "../secret-client.ts";
import type { SourceVersion } from "../sources/secret-source.ts";

/** A promotion between the two reads hides the version from both; then they are made again. */
const rounds = 3;

/**
 * The versions whose credential the server may take, likeliest first, each read only when the one before was refused, and
 * none that is in `refused` by then. AWSPENDING is right between setSecret and finishSecret. Errors: the client's.
 */
export async function* credentialCandidates(
  client: SecretClient,
  secretId: string,
  refused: ReadonlySet<string>,
): AsyncGenerator<SourceVersion> {
  const isNew = (version: SourceVersion | undefined): version is SourceVersion =>
    version !== undefined && !refused.has(version.versionId);
  const cached = await client.get(secretId);
  if (isNew(cached)) yield cached;
  for (let round = 0; round < rounds; round++) {
    const current = await client.refresh(secretId);
    if (isNew(current)) yield current;
    const pending = await client.pending(secretId);
    if (isNew(pending)) yield pending;
  }
}
