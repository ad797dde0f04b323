import { findPasswords } from "../../../shared/testing/engine-contract/containers.ts";
import type { World } from "../world.ts";

/** Every value that Secrets Manager keeps a version of. */
async function storedValues({ secrets, secretsManager }: World): Promise<readonly string[]> {
  const values: string[] = [];
  for (const { arn: SecretId } of secrets) {
    const { Versions = [] } = await secretsManager.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
    for (const { VersionId } of Versions) {
      try {
        const { SecretString = "{}" } = await secretsManager.getSecretValue({ SecretId, VersionId });
        const { password } = JSON.parse(SecretString);
        if (typeof password === "string") values.push(password);
      } catch (error) {
        // A version whose rotation never stored a value has none.
        if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") throw error;
      }
    }
  }
  return values;
}

export interface Canaries {
  readonly values: number;
  /** By where was looked: how much text there was. */
  readonly charactersIn: Readonly<Record<string, number>>;
  /** Where a value was found. */
  readonly found: readonly string[];
}

/** Looks for every value that was a secret in all that was written down. */
export async function scan(world: World, places: Readonly<Record<string, string>>): Promise<Canaries> {
  const values = [...(await storedValues(world)), ...world.clusters.flatMap(({ secrets }) => secrets)];
  const found = Object.entries(places).flatMap(([place, text]) => [
    ...(text.includes("canary-") ? [`${place}: a value that begins with canary-`] : []),
    ...findPasswords(text, values).map(() => place),
  ]);
  const charactersIn = Object.fromEntries(Object.entries(places).map(([place, text]) => [place, text.length]));
  return { values: new Set(values).size, charactersIn, found };
}
