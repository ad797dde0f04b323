import { expect, test } from "vitest";
import { runRekey } from "../tests/support/run-rekey.ts";
import { failureText } from "./output/failure-text.ts";

test.each([
  [["redrive"], "missing required argument 'queue'"],
  [["dance", "x"], "unknown command 'dance'"],
  [["statsu"], "Did you mean status?"],
  [["status", "--jsno"], "Did you mean --json?"],
  [["redrive", "a", "b"], "too many arguments"],
  [[], "Usage: rekey"],
])("%j is a wrong use: exit code 2 and how it is used", async (words, said) => {
  const { code, out, err } = await runRekey(words, { env: {} });
  expect([code, out, err]).toEqual([2, "", expect.stringContaining(said)]);
});

test("without credentials it says how to give them, and nothing but a fault's name is printed of a fault", async () => {
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_EC2_METADATA_DISABLED: "true",
    HOME: "/nowhere",
  };
  const { code, out, err } = await runRekey(["history", "db/orders"], { env });
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^credentials-missing: [^]*pass --profile, or log in/);
  expect(failureText(new TypeError("canary")).join("\n")).toMatch(/^internal-fault: .*name=TypeError/);
});
