import { credentialCandidates } from "../../shared/client/pools/credential-candidates.ts";
import type { SecretClient } from "../../shared/client/secret-client.ts";
import type { SourceVersion } from "../../shared/client/sources/secret-source.ts";
import { parseLoginSecret } from "../../shared/secrets/database-secret.ts";
import type { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { Service } from "./load.ts";

export interface Login {
  readonly username: string;
  readonly password: SecretValue;
  readonly saslMechanism?: string | undefined;
}

const attempts = 4;

/**
 * A service whose driver has no pool of rekey's: it uses the cached version, and where that is refused, all wait for one
 * search for the version that is let in, as they do in a pool. A search of its own for each would spend the client's budget.
 */
export function searchedLogins(
  client: SecretClient,
  secretId: string,
  queryAs: (login: Login) => Promise<void>,
  isRefusal: (error: unknown) => boolean,
): Service {
  const replaced = new Set<string>();
  let letIn: SourceVersion | undefined;
  let search: Promise<SourceVersion> | undefined;
  let recovered = 0;
  const use = async ({ value }: SourceVersion): Promise<void> => queryAs(parseLoginSecret(value));

  async function find(): Promise<SourceVersion> {
    const refused = new Set<string>();
    let last: unknown;
    for await (const version of credentialCandidates(client, secretId, refused)) {
      try {
        await use(version);
        replaced.delete(version.versionId);
        return version;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        last = error;
        refused.add(version.versionId);
      }
    }
    throw last;
  }

  return {
    async query() {
      for (let attempt = 1; ; attempt++) {
        const cached = await client.get(secretId);
        const version = replaced.has(cached.versionId) ? (letIn ?? cached) : cached;
        try {
          return await use(version);
        } catch (error) {
          if (!isRefusal(error) || attempt === attempts) throw error;
        }
        recovered += 1;
        replaced.add(version.versionId);
        search ??= find().finally(() => (search = undefined));
        letIn = await search;
      }
    },
    get recovered() {
      return recovered;
    },
    end: async () => undefined,
  };
}
