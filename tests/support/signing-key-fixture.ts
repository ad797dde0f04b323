import { createLocalJWKSet, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { strategiesOn } from "../../functions/rotate-signing-key/rotation.ts";
import { signingKeyEngine } from "../../shared/engines/signing-key/signing-key-engine.ts";
import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { Account, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { emptyTarget } from "./signing-key-stage.ts";

interface WrittenKey {
  readonly state: string;
  readonly jwk: JWK & { readonly kid: string; readonly alg: string };
}

const dayMs = 86_400_000;
let nowMs = Date.UTC(2026, 0, 1);
const real = signingKeyEngine(() => nowMs);

/** Rotations are a day apart, and Secrets Manager has seen the one before end, so that each of them moves on to the next key. */
const engine: DatabaseEngine & CredentialIssuer = {
  ...real,
  async issue(target, current, call) {
    const lastRotatedAt = new Date(nowMs);
    nowMs += dayMs;
    return real.issue(target, current, call, { lastRotatedAt });
  },
};

/** Signs a token by the ring's key and verifies it by its public keys, with jose. */
async function accepts({ username, password }: Account): Promise<boolean> {
  try {
    const { keys } = JSON.parse(password) as { readonly keys: readonly WrittenKey[] };
    const signing = keys.find(({ state }) => state === "signing");
    if (signing === undefined || signing.jwk.kid !== username) return false;
    const { alg, kid } = signing.jwk;
    const token = await new SignJWT({}).setProtectedHeader({ alg, kid }).sign(await importJWK(signing.jwk));
    const jwks = keys.map(({ jwk: { d: _private, ...jwk } }) => jwk);
    await jwtVerify(token, createLocalJWKSet({ keys: jwks }));
    return true;
  } catch {
    return false;
  }
}

/** A ring that one rotation has made, with the key that signs and the next one. */
async function firstRing(): Promise<Account> {
  const password = new SecretValue("no-key-yet");
  const call = { signal: AbortSignal.timeout(10_000) };
  const made = await real.issue(emptyTarget, { username: "no-key-yet", password }, call);
  return { username: made.username, password: made.password.reveal() };
}

const server: EngineServer = {
  host: "127.0.0.1",
  port: 1,
  fields: { engine: "signing-key" },
  createUser: async () => ({ ...(await firstRing()) }),
  changePassword: async () => undefined,
  accepts,
  logs: async () => "",
  failedLogins: async () => 0,
  hardships: {},
  stop: async () => undefined,
};

const noServer = "there is no server";

/** Keys that rekey makes itself, judged by jose. */
export const signingKeyFixture: EngineFixture = {
  name: "Signing keys (jose)",
  engine,
  strategies: strategiesOn(engine).strategies,
  variants: [{ strategy: "issued", usesAdmin: false }],
  exemptions: [
    { clause: "healthy", reason: `${noServer} to connect to; the engine's own tests count the calls` },
    { clause: "lock-out", reason: noServer },
    {
      clause: "clear-text",
      reason: `${noServer} that writes a log; the engine's own tests look for keys in all that is printed`,
    },
    { clause: "tls", reason: noServer },
    { clause: "tls-absent", reason: noServer },
    { clause: "tls-not-verified", reason: noServer },
    { clause: "clear-password-asked", reason: noServer },
    { clause: "black-hole", reason: noServer },
    { clause: "silent", reason: noServer },
    { clause: "unknown-database", reason: noServer },
    { clause: "locked", reason: noServer },
    { clause: "busy", reason: noServer },
    { clause: "read-only", reason: noServer },
    { clause: "expired", reason: noServer },
    { clause: "nothing-else-changed", reason: noServer },
    { clause: "rolled-back", reason: `${noServer} on which a key could stop` },
    { clause: "changed-by-hand", reason: `${noServer} on which a key could be changed` },
    { clause: "tampered", reason: "rekey names the key, so another kid in AWSPENDING is told by the login" },
    { clause: "awkward-names", reason: "rekey names the key" },
  ],
  start: async () => server,
};
