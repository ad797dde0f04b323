import { parseDatabaseSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import type { Account } from "../fixture.ts";
import type { Stage } from "../stage.ts";
import type { Suite } from "../suite.ts";

const longMs = 300_000;

async function accountAt(here: Stage, secretId: string): Promise<Account> {
  const { username, password } = parseDatabaseSecret(
    new SecretValue((await here.read(secretId, "AWSCURRENT")) ?? "{}"),
  );
  return { username, password: password.reveal() };
}

/** An account keeps every property that people give to accounts; one that cannot be kept is refused by name beforehand. */
export function nothingElseChanged({ test, expect, sampled, stage, variant, tally }: Suite): void {
  const pairs = variant.strategy === "alternating-users";

  test(
    "nothing-else-changed",
    "an account with any property keeps it, and its alternate has it too; or the property is refused by its name",
    async () => {
      const here = stage();
      const { server } = here;
      const { accountProperties } = server;
      const describe = server.describeAccount?.bind(server);
      if (accountProperties === undefined || describe === undefined)
        throw new Error("the fixture has neither properties of accounts nor an exemption for them");
      const inEffect = async (account: Account): Promise<readonly string[]> =>
        server.describeInEffect === undefined ? describe(account.username) : server.describeInEffect(account);

      for (const [property, { give, refusedBy = [] }] of sampled(Object.entries(accountProperties), 3)) {
        const { id, account } = await here.newSecret({ ...variant, usesAdmin: server.admin !== undefined });
        await give(account.username);
        const before = await describe(account.username);
        const alike = pairs ? await inEffect(account) : [];
        const outcomes = here.outcomes.length;
        const printed = here.containers.printed.length;
        await here.rotate(id);
        const codes = [...new Set(here.outcomes.slice(outcomes).flatMap(({ code }) => code ?? []))];
        const after = await describe(account.username);
        if (refusedBy.includes(variant.strategy)) {
          const isNamed = here.containers.printed.slice(printed).some((line) => line.includes(property));
          expect({ property, codes, isNamed, after, accepts: await server.accepts(account) }).toEqual({
            property,
            codes: ["account-unsupported"],
            isNamed: true,
            after: before,
            accepts: true,
          });
          await here.cancel(id);
          continue;
        }
        tally.properties++;
        expect({ property, codes, after, logsIn: await here.logsIn(id, "AWSCURRENT") }).toEqual({
          property,
          codes: [],
          after: before,
          logsIn: true,
        });
        if (!pairs) continue;
        expect({ property, alternate: await inEffect(await accountAt(here, id)) }).toEqual({
          property,
          alternate: alike,
        });
        await here.rotate(id);
        expect({
          property,
          first: await describe(account.username),
          inEffect: await inEffect(await accountAt(here, id)),
        }).toEqual({ property, first: before, inEffect: alike });
      }
    },
    longMs,
  );
}
