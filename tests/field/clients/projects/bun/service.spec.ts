import { expect, test } from "bun:test";
import { useRekey } from "./service";

test("a service that uses rekey", async () => {
  expect(await useRekey()).toStartWith("user orders_1, then orders_2;");
});
