import { createHash } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import { expect, test } from "vitest";
import { signingAlgorithmNames } from "../../signing-keys/algorithms.ts";
import { publicJwk, readKey } from "../../signing-keys/read-key.ts";
import { makeKey } from "./make-key.ts";

test.each(signingAlgorithmNames)("a key for %s is one that is read, and no two are alike", async (algorithm) => {
  const [one, other] = await Promise.all([makeKey(algorithm), makeKey(algorithm)]);
  expect(readKey(one)?.alg).toBe(algorithm);
  expect(one["kid"]).not.toBe(other["kid"]);
  expect([one.d ?? one["k"]]).not.toEqual([other.d ?? other["k"]]);
});

test.each(["RS256", "ES256", "ES384", "EdDSA"] as const)(
  "the kid of a key for %s is RFC 7638's thumbprint, by jose's reckoning",
  async (algorithm) => {
    const jwk = await makeKey(algorithm);
    const key = readKey(jwk);
    if (key === undefined) throw new Error("no key");
    expect(jwk["kid"]).toBe(await calculateJwkThumbprint(publicJwk(key) as JWK));
  },
);

test("an RSA key has 3,072 bits", async () => {
  const { verifier } = readKey(await makeKey("RS256")) ?? {};
  expect(verifier?.asymmetricKeyDetails?.modulusLength).toBe(3_072);
});

test("the kid of an HMAC key is no hash of it", async () => {
  const jwk = await makeKey("HS256");
  const secret = Buffer.from(String(jwk["k"]), "base64url");
  const hashed = [secret, String(jwk["k"]), JSON.stringify({ k: jwk["k"], kty: "oct" })].map((text) =>
    createHash("sha256").update(text).digest("base64url"),
  );
  expect(hashed).not.toContain(jwk["kid"]);
  expect(Buffer.from(String(jwk["kid"]), "base64url")).toHaveLength(16);
});
