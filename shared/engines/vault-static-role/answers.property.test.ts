import fc from "fast-check";
import { expect, test } from "vitest";
import { vaultStaticRoleEngine } from "./vault-static-role-engine.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { connectVault } from "../../vault/connect-vault.ts";
import { answersLike } from "../../../tests/support/answers-like.ts";
import { inTurn, startRogueHttp } from "../../../tests/support/rogue-http.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";

const app = { username: "app", password: new SecretValue("canary-current-3f6a") };
const target = {
  secretName: "db/app",
  engine: "",
  host: "",
  port: 0,
  dbname: "",
  tls: { mode: "verify-full" },
  options: new Map([["rekey:vault-role", "app"]]),
} as const;
const honest: readonly object[] = [
  { auth: { client_token: "t", lease_duration: 3_600, renewable: true } },
  { data: { username: "app", password: "canary-current-3f6a" } },
  { errors: ["1 error occurred:\n\t* permission denied"] },
];

const answer = answersLike(honest, 4);

test("whatever Vault's JSON has in place of what it should have, a step ends in a result or a typed error", async () => {
  const status = fc.constantFrom(200, 200, 200, 204, 307, 400, 403, 404, 429, 473, 500, 503);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(status, answer), { minLength: 1, maxLength: 4 }), async (answers) => {
      const server = await startRogueHttp(inTurn(answers));
      try {
        const login = { method: "approle", roleId: "r", secretId: new SecretValue("s") } as const;
        const send = connectVault({ address: `http://127.0.0.1:${server.port}`, login, timeoutMs: 500 });
        const outcome: unknown = await vaultStaticRoleEngine(send, new Map([["db/app", ["database/app"]]]))
          .issue(target, app, { signal: AbortSignal.timeout(2_000) })
          .catch((error: unknown) => error);
        expect(outcome instanceof RekeyError ? outcome.code : outcome).not.toBeInstanceOf(Error);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_130, numRuns: sampledRuns(200) },
  );
});
