import fc from "fast-check";
import { expect, test } from "vitest";
import { answersLike } from "../../../tests/support/answers-like.ts";
import { httpAnswer, startRogueHttp } from "../../../tests/support/rogue-http.ts";
import { exampleAt } from "../../../tests/support/saas-server.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { httpApiEngine } from "./http-api-engine.ts";
import { ownLabel } from "./label.ts";
import { readDescriptions } from "./read-descriptions.ts";

const current = { username: "1", password: new SecretValue("canary-current") };
const target = {
  secretName: "prod/app",
  engine: "http-api",
  host: "x",
  port: 443,
  dbname: "",
  tls: { mode: "verify-full" },
  options: new Map(),
} as const;
const own = `${ownLabel(target)}00000000`;
const honest: readonly object[] = [
  { access_token: "t", token_type: "Bearer" },
  { data: [{ id: "1" }, { id: "2", spec: { display_name: own } }], metadata: { next: "" } },
  { passwordCredentials: [{ keyId: "1" }, { keyId: "2", displayName: own }] },
  { id: "3", keyId: "3", secretText: "next", spec: { secret: "next" } },
];

const answer = answersLike(honest, 8);

test("whatever an API's JSON has in place of what it should have, a step ends in a result or a typed error", async () => {
  const status = fc.constantFrom(200, 200, 200, 201, 202, 204, 307, 400, 401, 403, 404, 409, 429, 500, 503);
  const answers = fc.array(fc.tuple(status, answer), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("entra", "confluent"), answers, async (name, given) => {
      let index = 0;
      const server = await startRogueHttp(() => httpAnswer(...(given[index++ % given.length] ?? [500, ""])));
      try {
        const engine = httpApiEngine({
          apis: readDescriptions(exampleAt(name, `http://127.0.0.1:${server.port}`), () => true),
          grants: new Map([["prod/app", { api: name, account: "42" }]]),
          isGranted: () => true,
          pause: async () => undefined,
          nowMs: () => index * 10_000,
        });
        const outcome: unknown = await engine
          .issue(target, current, { signal: AbortSignal.timeout(5_000) })
          .catch((error: unknown) => error);
        expect(outcome instanceof RekeyError ? outcome.code : outcome).not.toBeInstanceOf(Error);
        const ended = server.requests.filter((line) => line.startsWith("DELETE"));
        expect(ended.filter((line) => line.includes("/1 "))).toEqual([]);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_202, numRuns: sampledRuns(200) },
  );
});
