import { expect, test } from "vitest";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { memorySecretId } from "../../shared/testing/memory-rotation.ts";
import { memoryStore } from "../../shared/testing/memory-store.ts";
import { certificate as another } from "../../tests/support/loopback-certificate.ts";
import { roots } from "../../tests/support/private-authority.ts";
import { functionRoots } from "./function-roots.ts";

const store = memoryStore(memorySecretId, new SecretValue(roots));
const call = { signal: AbortSignal.timeout(5_000) };
const found = async (functions: string, own: string): Promise<string | undefined> =>
  functionRoots(environmentOf({ REKEY_TLS_CA: functions }), environmentOf({ REKEY_TLS_CA: own }), store, call);

test("a function's roots are read as the function reads them, whatever the operator has", async () => {
  await expect(found(memorySecretId, another)).resolves.toBe(roots);
  await expect(found(roots.trim(), another)).resolves.toBe(roots.trim());
  await expect(found("", another)).resolves.toBeUndefined();
});

test("for a file in the function's layer the operator's own roots stand in", async () => {
  await expect(found("/opt/roots.pem", another.trim())).resolves.toBe(another.trim());
  await expect(found("/opt/roots.pem", memorySecretId)).resolves.toBe(roots);
  await expect(found("/opt/roots.pem", "")).resolves.toBeUndefined();
});
