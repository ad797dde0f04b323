import { expect, test } from "vitest";
import { newLabel, ownLabel } from "./label.ts";

const targetOf = (secretName: string, secretArn?: string) => ({
  secretName,
  ...(secretArn === undefined ? {} : { secretArn }),
  engine: "http-api",
  host: "x",
  port: 443,
  dbname: "",
  tls: { mode: "verify-full" as const },
  options: new Map<string, string>(),
});
const arn = (region: string, account: string, name: string): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${name}`;
const own = targetOf("prod/mail", arn("eu-west-1", "123456789012", "prod/mail-AbCdEf"));

test("a label names its secret, fits into 63 characters and is no other's", () => {
  expect(newLabel(own)).toMatch(/^rekey prod\/mail [0-9a-f]{20}-[0-9a-f]{8}$/u);
  expect(newLabel(own)).not.toBe(newLabel(own));
  expect(newLabel(targetOf("n".repeat(512))).length).toBe(63);
});

test("a replica that was promoted keeps its keys; a secret of the same name elsewhere, or made again, has others", () => {
  const labelOf = (secretArn: string): string => ownLabel(targetOf("prod/mail", secretArn));
  expect(labelOf(arn("us-east-1", "123456789012", "prod/mail-AbCdEf"))).toBe(ownLabel(own));
  const others = [
    labelOf(arn("eu-west-1", "210987654321", "prod/mail-AbCdEf")),
    labelOf(arn("eu-west-1", "123456789012", "prod/mail-GhIjKl")),
    ownLabel(targetOf("prod/mail")),
  ];
  expect(new Set([ownLabel(own), ...others]).size).toBe(4);
});

test("names that begin alike do not make one label begin with another", () => {
  const long = "n".repeat(40);
  expect(newLabel(targetOf(`${long}b`)).startsWith(ownLabel(targetOf(`${long}a`)))).toBe(false);
});
