import { createRequire } from "node:module";
import { RekeyError } from "rekey/client";
import { fakeSecretClient } from "rekey/testing";
import { expect, test } from "vitest";
import { useRekey } from "./service";

test("a service that uses rekey", async () => {
  expect(await useRekey()).toMatch(/^user orders_1, then orders_2;/);
});

test("what requires rekey has the same errors", async () => {
  const { fakeSecretClient: required } = createRequire(import.meta.url)("rekey/testing") as {
    readonly fakeSecretClient: typeof fakeSecretClient;
  };
  await expect(required().get("unknown")).rejects.toBeInstanceOf(RekeyError);
});
