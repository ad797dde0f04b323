import { Signer } from "@fastify/cookie";
import { decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { type RingKey, parseKeyRing, signingKeyIn } from "../../shared/signing-keys/key-ring.ts";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { startExampleService } from "../support/example-service.ts";
import { signingKeyFixture } from "../support/signing-key-fixture.ts";

const rotations = 50;

/** How one example hands out what it signs, and takes it back. */
interface Example {
  readonly name: string;
  readonly algorithm: string;
  readonly issue: (address: string) => Promise<string>;
  readonly accepts: (address: string, token: string) => Promise<boolean>;
  readonly isSignedBy: (key: RingKey, token: string) => boolean;
}

const answersAda = async (address: string, headers: Readonly<Record<string, string>>): Promise<boolean> =>
  (await (await fetch(`${address}/me`, { headers })).text()) === "ada";
const cookieOf = (response: Response): string =>
  /session=([^;]+)/u.exec(response.headers.get("set-cookie") ?? "")?.[1] ?? "";

const examples: readonly Example[] = [
  {
    name: "jwt",
    algorithm: "ES256",
    issue: async (address) => (await fetch(`${address}/token`, { method: "POST" })).text(),
    accepts: async (address, token) => answersAda(address, { authorization: `Bearer ${token}` }),
    isSignedBy: ({ key }, token) => decodeProtectedHeader(token).kid === key.kid,
  },
  {
    name: "session-cookie",
    algorithm: "HS256",
    issue: async (address) => cookieOf(await fetch(`${address}/login`, { method: "POST" })),
    accepts: async (address, token) => answersAda(address, { cookie: `session=${token}` }),
    isSignedBy: ({ key }, token) => new Signer(key.verifier.export()).unsign(decodeURIComponent(token)).valid,
  },
];

test.each(examples)(
  "two processes of the example $name refuse nothing that either has signed, over 50 rotations",
  async ({ name, algorithm, issue, accepts, isSignedBy }) => {
    await using ending = new AsyncDisposableStack();
    const stage = await startStage(signingKeyFixture, await signingKeyFixture.start());
    ending.defer(stage.stop);
    const fields = { username: "no-key-yet", password: "no-key-yet" };
    const tags = { "rekey:signing-algorithm": algorithm };
    const { id } = await stage.newSecret({ strategy: "issued", usesAdmin: false, tags }, { fields });
    await stage.rotate(id);
    const { hostname = "", port } = (await stage.aws.own.config.endpoint?.()) ?? {};
    const env = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${hostname}:${port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      SIGNING_SECRET: id,
      SECRET_TTL_MS: "50",
    };
    const [one, other] = await Promise.all([startExampleService(name, env), startExampleService(name, env)]);
    ending.use(one);
    ending.use(other);
    const services = [one.address, other.address] as const;

    const signs = async (address: string): Promise<boolean> => {
      const value = new SecretValue((await stage.read(id, "AWSCURRENT")) ?? "{}");
      const key = signingKeyIn(parseKeyRing(parseDatabaseSecret(value).password.reveal()));
      return key !== undefined && isSignedBy(key, await issue(address));
    };
    const told = { checked: 0, refused: 0 };
    const check = async (address: string, token: string): Promise<void> => {
      told[(await accepts(address, token)) ? "checked" : "refused"]++;
    };
    // A rotation is a day after the one before it, and a token lives for a day: none is shown when the second one comes.
    let held: { readonly before: readonly string[]; readonly now?: string[] } = { before: [], now: [] };
    let isOver = false;
    const rounds = services.map(() => 0);
    const load = services.map(async (issuer, index) => {
      for (; !isOver; rounds[index] = (rounds[index] ?? 0) + 1) {
        const token = await issue(issuer);
        if (held.now !== undefined && held.now.length < 4) held.now.push(token);
        for (const address of services) for (const old of [token, ...held.before]) await check(address, old);
      }
    });
    const roundsEnd = async (): Promise<void> => {
      const begun = [...rounds];
      await expect.poll(() => rounds.every((count, index) => count > (begun[index] ?? 0)), { interval: 5 }).toBe(true);
    };

    const first = await issue(one.address);
    for (let rotation = 1; rotation <= rotations; rotation++) {
      const before = held.now ?? [];
      held = { before };
      await roundsEnd();
      await stage.rotate(id);
      // The lead is what gives each service the time for it; here it is waited for.
      for (const address of services) await expect.poll(async () => signs(address), { interval: 10 }).toBe(true);
      await roundsEnd();
      held = { before, now: [] };
      await roundsEnd();
    }
    isOver = true;
    await Promise.all(load);
    expect(told.refused).toBe(0);
    expect(told.checked).toBeGreaterThan(2 * rotations);
    for (const address of services) expect(await accepts(address, first)).toBe(false);
  },
);
