import { createServer } from "node:https";
import { afterEach, expect, test, vi } from "vitest";
import { listening } from "../../tests/support/listening.ts";
import { certificate as foreignRoot } from "../../tests/support/loopback-certificate.ts";
import { certificate, key, roots } from "../../tests/support/private-authority.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { memorySecretId } from "../testing/memory-rotation.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { environmentOf } from "./environment.ts";
import { environmentVault } from "./environment-vault.ts";

const call = { signal: AbortSignal.timeout(20_000) };
const caSecret = memorySecretId.replace("app", "vault-roots");
const request = { verb: "read", path: "secret/data/app" } as const;

afterEach(() => void vi.useRealTimers());

test("Vault is verified by the certificates of a secret, which are followed", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await using server = await listening(
    createServer({ cert: certificate, key }, (_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end('{"data":{"ttl":0}}'),
    ),
  );
  const store = memoryStore(memorySecretId, new SecretValue("s.token"));
  const variables = {
    VAULT_ADDR: `https://127.0.0.1:${server.port}`,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: memorySecretId,
    VAULT_CACERT: caSecret,
  };
  const send = environmentVault(environmentOf(variables), store);
  await expect(send(request, call)).rejects.toMatchObject({ code: "secret-not-found" });
  store.others.set(caSecret, { AWSCURRENT: new SecretValue(roots) });
  await expect(send(request, call)).resolves.toMatchObject({ status: 200 });
  vi.setSystemTime(Date.now() + 600_000);
  store.others.set(caSecret, { AWSCURRENT: new SecretValue(foreignRoot) });
  await expect(send(request, call)).rejects.toMatchObject({ code: "tls-refused" });
});
