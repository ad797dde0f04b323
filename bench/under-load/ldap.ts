import { Client, InvalidCredentialsError } from "ldapts";
import { credentialCandidates } from "../../shared/client/pools/credential-candidates.ts";
import { parseLoginSecret } from "../../shared/secrets/database-secret.ts";
import type { SecretValue } from "../../shared/secrets/secret-value.ts";
import { startLdap } from "../../tests/support/ldap.ts";
import { ldapFixture, ldapServerOf } from "../../tests/support/ldap-fixture.ts";
import type { Product } from "./load.ts";

interface Login {
  readonly username: string;
  readonly password: SecretValue;
}

/** The load is a service that binds, reads its own entry, and unbinds. */
export function ldap(binary: string): Product {
  let port = 0;

  async function readAs({ username, password }: Login): Promise<void> {
    const client = new Client({ url: `ldap://127.0.0.1:${port}` });
    try {
      await client.bind(username, password.reveal());
      const { searchEntries } = await client.search(username, { scope: "base", attributes: ["cn"] });
      if (searchEntries.length !== 1) throw new Error("the service does not see its own entry");
    } finally {
      await client.unbind();
    }
  }

  return {
    fixture: {
      ...ldapFixture(binary),
      async start() {
        const server = await startLdap(binary);
        port = server.port;
        return ldapServerOf(server);
      },
    },
    rotating(client, secretId) {
      let recovered = 0;
      return {
        async query() {
          const refused = new Set<string>();
          let last: unknown;
          for await (const version of credentialCandidates(client, secretId, refused)) {
            try {
              return await readAs(parseLoginSecret(version.value));
            } catch (error) {
              if (!(error instanceof InvalidCredentialsError)) throw error;
              last = error;
              recovered += 1;
              refused.add(version.versionId);
            }
          }
          throw last;
        },
        get recovered() {
          return recovered;
        },
        end: async () => undefined,
      };
    },
    queryAs: readAs,
  };
}
