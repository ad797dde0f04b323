import { inspect } from "node:util";
import { decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { expect, test } from "vitest";
import { createSecretClient, RekeyError, type SecretClient, type SecretSource } from "../../shared/client/index.ts";
import { signingKey, verificationKeys } from "../../shared/client/signing-keys/index.ts";
import { mirroredFields } from "../../shared/mirrors/layout/mirrored-fields.ts";
import { parseMirrorTemplates } from "../../shared/mirrors/layout/mirror-templates.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { manualClock } from "../../shared/testing/manual-clock.ts";
import { entryOf } from "../support/mirror-entries.ts";
import { ringAt, signingKeyStage, signingSecretId } from "../support/signing-key-stage.ts";

const minuteMs = 60_000;
const tickMs = 20 * minuteMs;
/** What a client does not try again at once, so that nothing waits for the clock. */
const down = new RekeyError("store-rejected");

/** Numbers that look random and are the same in each run. */
const numbersFrom = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};

interface Traffic {
  rotations: number;
  signed: number;
  verified: number;
  refused: number;
  /** Reads that failed since a client's copy was too old to be served. */
  unserved: number;
  signers: Set<string>;
}

/**
 * Four services with clients of their own sign and verify each other's tokens all the time, while the secret is rotated as
 * often as it may be. No event reaches a client, and each client's source fails for hours at a time.
 */
async function traffic(rotations: number, maxStaleMs: number): Promise<Traffic> {
  const stage = signingKeyStage({ "rekey:token-lifetime": "1h" });
  const clock = manualClock();
  stage.clock.nowMs = clock.nowMs();
  await stage.rotate("v0-1", 0);
  const random = numbersFrom(7);
  const isDown = [false, false, false, false];
  const sourceOf = (index: number): SecretSource => ({
    async read(_secretId, at) {
      if (isDown[index] === true) throw down;
      const version = "label" in at ? stage.store.labelled(at.label) : undefined;
      return version && { versionId: version.versionId, value: version.value };
    },
  });
  const clients = isDown.map((_down, index) =>
    createSecretClient({ source: sourceOf(index), clock, random, maxStaleMs, background: false }),
  );
  const told: Traffic = { rotations: 0, signed: 0, verified: 0, refused: 0, unserved: 0, signers: new Set() };
  const alive: { readonly token: string; readonly untilMs: number }[] = [];

  /** `undefined`: the client has no copy that it may serve. */
  async function served<Result>(read: Promise<Result>): Promise<Result | undefined> {
    return read.catch((error: unknown) => {
      if (error instanceof RekeyError && error.code === down.code) return void told.unserved++;
      throw error;
    });
  }
  async function tick(client: SecretClient): Promise<void> {
    const key = await served(signingKey(client, signingSecretId));
    const seconds = Math.floor(clock.nowMs() / 1_000);
    if (key !== undefined) {
      const header = { alg: key.alg, kid: key.kid };
      const token = new SignJWT({}).setProtectedHeader(header).setExpirationTime(seconds + 3_600);
      alive.push({ token: await token.sign(key.key), untilMs: (seconds + 3_600) * 1_000 });
      told.signed++;
      told.signers.add(key.kid);
    }
    const keys = await served(verificationKeys(client, signingSecretId));
    if (keys === undefined) return;
    for (const { token, untilMs } of alive) {
      if (untilMs <= clock.nowMs()) continue;
      const verified = await jwtVerify(token, keys.keyFor, { currentDate: new Date(clock.nowMs()) }).then(
        () => true,
        () => false,
      );
      told[verified ? "verified" : "refused"]++;
    }
  }

  while (told.rotations < rotations) {
    const lastMs = stage.clock.nowMs;
    for (let waitedMs = 0; waitedMs < 2 * 60 * minuteMs; waitedMs += tickMs) {
      for (const index of isDown.keys()) if (random() < 0.2) isDown[index] = !(isDown[index] ?? false);
      for (const client of clients) await tick(client);
      await clock.advance(tickMs);
    }
    await stage.rotate(`v${++told.rotations}`, clock.nowMs() - lastMs);
    for (const client of clients) await tick(client);
  }
  for (const client of clients) await client.close();
  return told;
}

test("over 50 rotations, by stale clients and without events, no token is refused within its lifetime", async () => {
  const told = await traffic(50, 60 * minuteMs);
  expect(told).toMatchObject({ rotations: 50, refused: 0 });
  expect(told.signers.size).toBeGreaterThanOrEqual(50);
  expect([told.verified > 5_000, told.unserved > 100]).toEqual([true, true]);
});

test("clients that serve a copy for longer than the lead have tokens refused: the bound is what it must be", async () => {
  expect((await traffic(12, 24 * 60 * minuteMs)).refused).toBeGreaterThan(0);
});

/** A client over the stage's secret that asks for each read. */
const clientOf = (stage: ReturnType<typeof signingKeyStage>): SecretClient =>
  createSecretClient({
    ttlMs: 0,
    source: {
      async read(_secretId, at) {
        const version = "label" in at ? stage.store.labelled(at.label) : undefined;
        return version && { versionId: version.versionId, value: version.value };
      },
    },
  });
const signed = async (client: SecretClient): Promise<string> => {
  const { kid, alg, key } = await signingKey(client, signingSecretId);
  return new SignJWT({}).setProtectedHeader({ kid, alg }).sign(key);
};

test.each(["HS384", "HS512", "RS256", "PS256", "ES384", "EdDSA"])(
  "jose signs and verifies with %s",
  async (algorithm) => {
    const stage = signingKeyStage({ "rekey:signing-algorithm": algorithm });
    await stage.rotate("v1");
    await using client = clientOf(stage);
    const { keyFor } = await verificationKeys(client, signingSecretId);
    expect((await jwtVerify(await signed(client), keyFor)).protectedHeader.alg).toBe(algorithm);
  },
);

test("a token of a key that was dropped is refused, though nothing in it has expired", async () => {
  const stage = signingKeyStage();
  await using client = clientOf(stage);
  await stage.rotate("v1");
  const token = await signed(client);
  for (const version of ["v2", "v3"]) {
    await stage.rotate(version);
    const { keyFor } = await verificationKeys(client, signingSecretId);
    await jwtVerify(token, keyFor);
  }
  await stage.rotate("v4");
  const { keyFor } = await verificationKeys(client, signingSecretId);
  await expect(jwtVerify(token, keyFor)).rejects.toMatchObject({ code: "signing-key-unknown" });
});

test("a verifier that is given the JWK set alone verifies, and cannot sign", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  await using signer = clientOf(stage);
  const templates = parseMirrorTemplates('{"jwks":{"jwks":"{{jwks|raw}}"}}');
  const value = stage.store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}");
  const entry = entryOf("tokens", { value, tags: new Map([["rekey:vault-map", "template:jwks"]]) });
  const mirrored = mirroredFields(entry, templates) as { readonly jwks: object };
  expect(JSON.stringify(mirrored)).not.toContain(ringAt(stage).keys[0]?.jwk.d);
  await using client = fakeSecretClient({ mirrored, bare: mirrored.jwks, hmac: { keys: [] } });
  for (const secretId of ["mirrored", "bare"]) {
    const { keyFor } = await verificationKeys(client, secretId);
    await jwtVerify(await signed(signer), keyFor);
    await expect(signingKey(client, secretId)).rejects.toMatchObject({ code: "secret-malformed" });
  }
  await expect(verificationKeys(client, "hmac")).rejects.toMatchObject({ code: "secret-malformed" });
});

test("a secret of HMAC in a JWK set is refused: whoever verifies by it could sign", async () => {
  const secret = { kty: "oct", k: Buffer.alloc(32, 7).toString("base64url"), kid: "a", alg: "HS256" };
  await using client = fakeSecretClient({
    jwks: { keys: [secret] },
    text: "canary",
    list: [1],
    other: { a: 1 },
    ring: { password: "canary" },
  });
  for (const secretId of ["jwks", "text", "list", "other", "ring"]) {
    const error = await verificationKeys(client, secretId).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "secret-malformed", context: { secret: secretId } });
    expect(inspect(error)).not.toMatch(/canary|BwcHBwcH/u);
  }
});

test("an attacker who signs by HMAC with the public key as its secret, by no algorithm, or under another kid is refused", async () => {
  const stage = signingKeyStage({ "rekey:signing-algorithm": "RS256" });
  await stage.rotate("v1");
  await using client = clientOf(stage);
  const token = await signed(client);
  const { kid = "" } = decodeProtectedHeader(token);
  const { keys, keyFor } = await verificationKeys(client, signingSecretId);
  const pem = keys[0]?.key.export({ type: "spki", format: "pem" }) ?? "";
  const forged = await new SignJWT({}).setProtectedHeader({ alg: "HS256", kid }).sign(Buffer.from(pem));
  await expect(jwtVerify(forged, keyFor)).rejects.toMatchObject({
    code: "signing-key-unknown",
    context: { problem: "its alg is not the key's" },
  });
  for (const header of [
    { alg: "none", kid },
    { alg: "PS256", kid },
    { alg: "RS256" },
    { alg: "RS256", kid: "another" },
    { alg: "RS256", kid: "__proto__" },
  ])
    expect(() => keyFor(header)).toThrow(expect.objectContaining({ code: "signing-key-unknown" }));
});

test("an unknown kid makes no request, and keys are read once for each version", async () => {
  const stage = signingKeyStage();
  await stage.rotate("v1");
  let requests = 0;
  const source: SecretSource = {
    async read() {
      requests++;
      const version = stage.store.labelled("AWSCURRENT");
      return version && { versionId: version.versionId, value: version.value };
    },
  };
  await using client = createSecretClient({ source });
  const keys = await verificationKeys(client, signingSecretId);
  for (const kid of ["a", "b", "c"]) expect(() => keys.keyFor({ kid, alg: "ES256" })).toThrow(RekeyError);
  expect(await verificationKeys(client, signingSecretId)).toBe(keys);
  expect(requests).toBe(1);
});

test("a service that starts before the first rotation has a typed error, and the key as soon as there is one", async () => {
  const stage = signingKeyStage();
  const source: SecretSource = {
    async read() {
      const version = stage.store.labelled("AWSCURRENT");
      return version && { versionId: version.versionId, value: version.value };
    },
  };
  await using client = createSecretClient({ source });
  for (const read of [signingKey, verificationKeys])
    await expect(read(client, signingSecretId)).rejects.toMatchObject({ code: "secret-malformed" });
  await stage.rotate("v1");
  const { keyFor } = await verificationKeys(client, signingSecretId);
  await jwtVerify(await signed(client), keyFor);
});

test("nothing that a service holds prints a key", async () => {
  const stage = signingKeyStage({ "rekey:signing-algorithm": "HS256" });
  await stage.rotate("v1");
  await using client = clientOf(stage);
  const held = [await signingKey(client, signingSecretId), await verificationKeys(client, signingSecretId), client];
  const printed = inspect(held, { depth: 9, showHidden: true }) + JSON.stringify(held);
  const canaries = ringAt(stage).keys.map(({ jwk }) => String(jwk["k"]));
  expect(canaries).toHaveLength(2);
  for (const canary of canaries) expect(printed).not.toContain(canary);
});
