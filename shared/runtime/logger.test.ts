import { inspect } from "node:util";
import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { asRekeyError } from "./logger.ts";

test("a foreign error leaves as internal-fault with the name of its class and nothing else", () => {
  const foreign = Object.assign(new TypeError("canary in the message"), { config: { token: "canary in a field" } });
  const error = asRekeyError(foreign);
  expect(error).toMatchObject({ code: "internal-fault", disposition: "intervene", context: { name: "TypeError" } });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("canary");
});

test("rekey's own errors stay as they are", () => {
  const error = new RekeyError("store-throttled", { retryAfterMs: 5 });
  expect(asRekeyError(error)).toBe(error);
});
