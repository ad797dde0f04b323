import { generateKeyPairSync, type JsonWebKey, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { jwksOf } from "./jwks.ts";
import { keyRingText, parseKeyRing, signingKeyIn } from "./key-ring.ts";
import { readKey } from "./read-key.ts";

const jwkOf = (kid: string, alg = "ES256", curve = "prime256v1"): JsonWebKey => ({
  ...generateKeyPairSync("ec", { namedCurve: curve }).privateKey.export({ format: "jwk" }),
  kid,
  alg,
});
const rsa = (modulusLength: number, alg = "RS256"): JsonWebKey => ({
  ...generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ format: "jwk" }),
  kid: "rsa",
  alg,
});
const oct = (bytes: number, alg: string): JsonWebKey => ({
  kty: "oct",
  k: randomBytes(bytes).toString("base64url"),
  kid: "secret",
  alg,
});
const entry = (state: string, jwk: JsonWebKey): object => ({ state, lifetime: 60, jwk });
const textOf = (...keys: readonly object[]): string => JSON.stringify({ madeAt: 1, keys });

test("a ring is read as it was written", () => {
  const text = textOf(entry("signing", jwkOf("a")), entry("next", jwkOf("b")), entry("verifying", oct(32, "HS256")));
  const ring = parseKeyRing(text);
  expect(keyRingText(ring)).toBe(text);
  expect(signingKeyIn(ring)?.key.kid).toBe("a");
});

test("an imported key needs neither times nor a next key", () => {
  expect(parseKeyRing(JSON.stringify({ keys: [{ state: "signing", jwk: jwkOf("a") }] }))).toMatchObject({
    madeAt: 0,
    keys: [{ state: "signing", lifetime: 0 }],
  });
});

test("a secret that has no key yet is an empty ring", () => {
  expect(parseKeyRing("no-key-yet").keys).toEqual([]);
});

const { d: _private, ...publicHalf } = jwkOf("a");
test.each<[string, string]>([
  ["what is not JSON", "correct horse canary"],
  ["another structure", '["canary"]'],
  ["no key", textOf()],
  ["two keys that sign", textOf(entry("signing", jwkOf("a")), entry("signing", jwkOf("b")))],
  ["two next keys", textOf(...["signing", "next", "next"].map((state, index) => entry(state, jwkOf(`k${index}`))))],
  ["two keys of one kid", textOf(entry("signing", jwkOf("a")), entry("next", jwkOf("a")))],
  ["a state that is none", textOf(entry("signing", jwkOf("a")), entry("canary", jwkOf("b")))],
  ["a lifetime that is no number", textOf({ state: "signing", lifetime: "canary", jwk: jwkOf("a") })],
  ["a key without its private half", textOf(entry("signing", publicHalf))],
])("%s is refused, and no part of it is told", (_what, text) => {
  const thrown = (() => {
    try {
      return parseKeyRing(text);
    } catch (error) {
      return error;
    }
  })();
  expect(thrown).toMatchObject({ code: "secret-malformed" });
  const { d = "canary" } = (JSON.parse(/"jwk":(\{.*?\})/u.exec(text)?.[1] ?? "{}") ?? {}) as JsonWebKey;
  expect(inspect(thrown, { depth: 9 })).not.toContain(d);
});

describe("keys that would weaken a signature", () => {
  test.each<[string, JsonWebKey]>([
    ["RSA of 1,024 bits", rsa(1_024)],
    ["a short HMAC secret", oct(31, "HS256")],
    ["HMAC's 256 bits for HS512", oct(32, "HS512")],
    ["an RSA key that names an HMAC algorithm", rsa(2_048, "HS256")],
    ["a secret that names an RSA algorithm", oct(64, "RS256")],
    ["a curve of another algorithm", jwkOf("a", "ES384")],
    ["a curve that no algorithm has", jwkOf("a", "ES256", "secp256k1")],
    ["the algorithm none", jwkOf("a", "none")],
    ["a name of every object", jwkOf("a", "constructor")],
    ["no kid", jwkOf("")],
  ])("%s is not read", (_what, jwk) => {
    expect(readKey(jwk)).toBeUndefined();
  });

  test("the least that is taken is read", () => {
    for (const jwk of [rsa(2_048), rsa(2_048, "PS256"), oct(32, "HS256"), oct(64, "HS512"), jwkOf("a")])
      expect(readKey(jwk)?.alg).toBe(jwk["alg"]);
    expect(readKey(jwkOf("a", "ES384", "secp384r1"))?.alg).toBe("ES384");
  });

  test("what is no object is not read", () => {
    for (const value of [undefined, null, 1, "text", []]) expect(readKey(value)).toBeUndefined();
  });
});

test("the JWK set has public members alone, and no HMAC key", () => {
  const ring = parseKeyRing(
    textOf(entry("signing", jwkOf("a")), entry("next", rsa(2_048)), entry("verifying", oct(32, "HS256"))),
  );
  const { keys } = jwksOf(ring);
  expect(keys.map((jwk) => Object.keys(jwk).toSorted())).toEqual([
    ["alg", "crv", "kid", "kty", "use", "x", "y"],
    ["alg", "e", "kid", "kty", "n", "use"],
  ]);
});

test("a key that was read prints nothing of itself", () => {
  const jwk = jwkOf("a");
  const secret = oct(32, "HS256");
  const printed = [readKey(jwk), readKey(secret)].map(
    (key) => inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key),
  );
  for (const canary of [jwk.d, secret["k"]]) expect(printed.join("")).not.toContain(canary);
});
