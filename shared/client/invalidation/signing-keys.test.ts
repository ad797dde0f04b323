import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { fakeSecretClient } from "../../testing/fake-secret-client.ts";
import { signingKeys } from "./signing-keys.ts";

test("the keys are the secret's current text and, after a rotation, the one before", async () => {
  await using client = fakeSecretClient({ keys: "one" });
  const keys = async (): Promise<string[]> => (await signingKeys(client, "keys")()).map((key) => key.reveal());
  expect(await keys()).toEqual(["one"]);
  await client.rotate("keys", "two");
  client.invalidate("keys");
  expect(await keys()).toEqual(["two", "one"]);
});

test("a key that cannot be read fails as its read does", async () => {
  await using client = fakeSecretClient({ keys: "one" });
  await client.get("keys");
  client.secrets.fail(new RekeyError("access-denied"));
  await expect(signingKeys(client, "keys")()).rejects.toMatchObject({ code: "access-denied" });
});
