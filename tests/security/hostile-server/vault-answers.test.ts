import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { vaultDynamicSource } from "../../../shared/client/sources/vault-dynamic/dynamic-source.ts";
import { vaultSource } from "../../../shared/client/sources/vault/vault-source.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { endless, httpAnswer, type HttpLie, type RogueHttp, startRogueHttp } from "../../support/rogue-http.ts";

const misbehaved = endedWith("server-misbehaved");
const token = (more: object = {}): string =>
  httpAnswer(200, JSON.stringify({ auth: { client_token: "t", lease_duration: 3_600, renewable: true, ...more } }));

async function stepAgainst(lie: (requestLine: string) => HttpLie): Promise<StepEnd> {
  const { port, stop } = await startRogueHttp(lie);
  onTestFinished(stop);
  return hostileStep({ engine: "vault", port });
}

test("headers without an end are cut off", async () => {
  const lie = endless(`x-filler: ${"x".repeat(1_000)}\r\n`, "HTTP/1.1 200 OK\r\n");
  expect(await stepAgainst(() => lie)).toEqual(misbehaved);
});

test("a body without an end is cut off", async () => {
  const lie = endless(Buffer.alloc(65_536, " "), "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n");
  expect(await stepAgainst(() => lie)).toEqual(misbehaved);
});

test.each<[unknown]>([[{ toString: 1, valueOf: 1 }], [[{ toString: 1 }]]])(
  "a refusal whose errors are %j and no texts ends in a typed error",
  async (error) => {
    const { outcome } = await stepAgainst((line) =>
      line.includes("login") ? token() : httpAnswer(403, JSON.stringify({ errors: [error] })),
    );
    expect(outcome).toMatch(/^(?:server-misbehaved|mirror-unauthorized)$/);
  },
);

test.each(["-1", "1e-9", "0.5", "1e308", '"3600"', "[]"])(
  "a token with a life of %s seconds is not used",
  async (seconds) => {
    const answer = `{"auth":{"client_token":"t","renewable":true,"lease_duration":${seconds}}}`;
    expect(await stepAgainst(() => httpAnswer(200, answer))).toEqual(misbehaved);
  },
);

test("a token that would be two headers is not used", async () => {
  expect(await stepAgainst(() => token({ client_token: "t\r\nx-evil: 1" }))).toEqual(misbehaved);
});

describe("what a service reads", () => {
  let vault: RogueHttp;
  let answer: string;
  beforeEach(async () => {
    vault = await startRogueHttp((line) => (line.includes("login") ? token() : httpAnswer(200, answer)));
  });
  afterEach(async () => vault.stop());
  const options = () =>
    ({
      address: `http://127.0.0.1:${vault.port}`,
      login: { method: "approle", roleId: "r", secretId: new SecretValue("s") },
    }) as const;
  const call = { signal: new AbortController().signal };

  test.each(["-1", "1e-9", "0.001", "1e308"])(
    "a lease of %s seconds is refused, and not renewed and replaced without end",
    async (seconds) => {
      answer = `{"lease_id":"l","lease_duration":${seconds},"renewable":true,"data":{"username":"u","password":"p"}}`;
      await using source = vaultDynamicSource({ ...options(), connection: { engine: "postgres", host: "db" } });
      await expect(source.read("orders", { label: "AWSCURRENT" }, call)).rejects.toMatchObject({
        code: "mirror-rejected",
      });
      expect(vault.requests.filter((line) => line.includes("/creds/"))).toHaveLength(1);
    },
  );

  test.each(["1e308", "0.5", "null", '"x"'])("a revision %s, which no key has, names no version", async (revision) => {
    answer = `{"data":{"data":{"password":"p"},"metadata":{"version":${revision}}}}`;
    const read = vaultSource(options()).read("orders", { label: "AWSCURRENT" }, call);
    await expect(read).rejects.toMatchObject({ code: "mirror-rejected" });
  });
});
