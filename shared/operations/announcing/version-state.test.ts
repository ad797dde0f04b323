import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { versionState } from "./version-state.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const description: SecretDescription = {
  secretArn,
  name: "db/app",
  rotationEnabled: true,
  labels: new Map([
    ["v1", ["AWSPREVIOUS"]],
    ["v2", ["AWSCURRENT"]],
  ]),
  tags: new Map(),
};

async function stateOf(versionId: string, describe: () => Promise<SecretDescription>, isManaged = true) {
  const check = { store: { describe }, manages: (arn: string) => isManaged && arn === secretArn };
  return versionState(check, { secretArn, versionId }, { signal: AbortSignal.timeout(1_000) });
}

test("the current version comes with the secret's description, another one is superseded", async () => {
  expect(await stateOf("v2", async () => description)).toEqual({ state: "current", description });
  expect(await stateOf("v1", async () => description)).toEqual({ state: "superseded" });
});

test.each([
  ["deleted", async () => ({ ...description, deletedAt: new Date(0) })],
  ["made again under its name", async () => ({ ...description, secretArn: secretArn.replace("AbCdEf", "ZyXwVu") })],
  ["not there", async () => Promise.reject(new RekeyError("secret-not-found"))],
])("a secret that is %s is gone", async (_what, describe) => {
  expect(await stateOf("v2", describe)).toEqual({ state: "gone" });
});

test("of a secret that is not managed nobody is asked, and a failure of the store is passed on", async () => {
  expect(await stateOf("v2", async () => expect.unreachable("asked"), false)).toEqual({ state: "foreign" });
  const denied = async () => Promise.reject(new RekeyError("access-denied"));
  await expect(stateOf("v2", denied)).rejects.toMatchObject({ code: "access-denied" });
});
