import { Client, InvalidCredentialsError } from "ldapts";
import { startLdap } from "../../tests/support/ldap.ts";
import { ldapFixture, ldapServerOf } from "../../tests/support/ldap-fixture.ts";
import type { Product } from "./load.ts";
import { type Login, searchedLogins } from "./searched-logins.ts";

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
    rotating: (client, secretId) =>
      searchedLogins(client, secretId, readAs, (error) => error instanceof InvalidCredentialsError),
    queryAs: readAs,
  };
}
