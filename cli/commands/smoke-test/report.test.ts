import { expect, test } from "vitest";
import { smokeReport } from "./report.ts";

const facts = {
  id: "k3v9x2ab",
  version: "1.2.3",
  region: "eu-west-1",
  account: "123456789012",
  checks: [
    { name: "valid: template.yaml", outcome: "passed", seconds: 0.4, detail: "" },
    {
      name: "plain: the stack is made",
      outcome: "failed",
      seconds: 3,
      detail: "arn:aws:iam::123456789012:role/x | no\nright",
    },
  ],
} as const;

test("the report has every check in one row, and no account's number", () => {
  const text = smokeReport({ ...facts, showAccount: false }).join("\n");
  expect(text).toContain("1 passed, 1 failed, 0 skipped.");
  expect(text).toContain(
    String.raw`| plain: the stack is made | failed | 3 | arn:aws:iam::<account>:role/x \| no right |`,
  );
  expect(text).not.toContain("123456789012");
});

test("the account's number is there when it is asked for", () => {
  expect(smokeReport({ ...facts, showAccount: true }).join("\n")).toContain("account 123456789012");
});
