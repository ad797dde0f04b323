import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { cachingSha2Hash, sha256Crypt } from "../mysql/caching-sha2-hash.ts";
import { sha256Hash, sha2Opens } from "../mysql/sha256-hash.ts";
import { ed25519Hash, nativeHash, signEd25519 } from "./password-hashes.ts";

test("mysql_native_password: what MariaDB's PASSWORD('old') and PASSWORD('x') give", () => {
  expect(nativeHash(new SecretValue("old"))).toBe("*CD02AC33DE7D3D2AFEDF5F2BAB51B07CDB499E79");
  expect(nativeHash(new SecretValue("x"))).toBe("*B69027D44F6E5EDC07F1AEAD1477967B16F28227");
});

test("ed25519: what MariaDB stores for 'secret' and 'old'", () => {
  expect(ed25519Hash(new SecretValue("secret"))).toBe("ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY");
  expect(ed25519Hash(new SecretValue("old"))).toBe("dlNojf0wXTZgcRfYqLyUfMBmV1l8ergCEesvpvjbwdc");
});

test("ed25519: a password of 32 bytes is a seed, for which node:crypto gives the same key and signature", () => {
  const password = "0123456789abcdef0123456789ABCDEF";
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({
    key: Buffer.concat([prefix, Buffer.from(password)]),
    format: "der",
    type: "pkcs8",
  });
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const nonce = Buffer.alloc(32, 7);
  expect(ed25519Hash(new SecretValue(password))).toBe(raw.toString("base64").slice(0, 43));
  expect(signEd25519(new SecretValue(password), nonce)).toEqual(sign(null, nonce, key));
});

test("caching_sha2_password: the same as SHA-crypt elsewhere (openssl passwd -5)", async () => {
  const digest = async (key: string, salt: string, rounds: number): Promise<string> =>
    sha256Crypt(Buffer.from(key), Buffer.from(salt), rounds);
  await expect(digest("Hello world!", "saltstring", 5000)).resolves.toBe("5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
  await expect(digest("This is just a test", "toolongsaltstrin", 5000)).resolves.toBe(
    "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5",
  );
});

test("caching_sha2_password: each hash has a salt of its own, and the server's count of rounds in hex", async () => {
  const password = new SecretValue("p");
  const [one, other] = [await cachingSha2Hash(password, 10_000), await cachingSha2Hash(password, 10_000)];
  expect(one).toMatch(/^\$A\$00A\$/);
  expect(one).not.toBe(other);
});

test.each([[Number.NaN], [0], [4_096_000], [Number.POSITIVE_INFINITY]])(
  "caching_sha2_password: %s rounds are no server's, and are not computed",
  async (rounds) => {
    const hash = cachingSha2Hash(new SecretValue("p"), rounds);
    await expect(hash).rejects.toMatchObject({ code: "server-misbehaved" });
  },
);

test("caching_sha2_password: ten seconds of rounds end with the call", async () => {
  const call = new AbortController();
  const hash = cachingSha2Hash(new SecretValue("p"), 4_095_000, undefined, call.signal);
  setImmediate(() => call.abort());
  await expect(hash).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("what is stored under either plugin of MySQL is told from what another password would store", async () => {
  const [password, other] = [new SecretValue("pässword"), new SecretValue("password")];
  for (const stored of [await cachingSha2Hash(password, 5_000), await sha256Hash(password)]) {
    expect([await sha2Opens(stored, password), await sha2Opens(stored, other)]).toEqual([true, false]);
  }
  expect(await sha2Opens("", password)).toBe(false);
});
