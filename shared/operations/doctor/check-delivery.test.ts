import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Account } from "../../ports/account.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { type DeliveryPorts, examineDelivery } from "./check-delivery.ts";

const call = { signal: new AbortController().signal };
const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1-AbCdEf";
const key = "arn:aws:kms:eu-west-1:123456789012:key/1f2e";
const role = "arn:aws:iam::123456789012:role/rekey";
const description: SecretDescription = {
  secretArn,
  name: "rds!cluster-1",
  rotationEnabled: true,
  managedBy: "rds",
  labels: new Map([["v1", ["AWSCURRENT"]]]),
  tags: new Map(),
};

interface Look {
  readonly described?: Partial<SecretDescription>;
  readonly patterns?: string;
  readonly functions?: readonly string[];
  readonly denied?: readonly string[];
  readonly isUnseen?: boolean;
  readonly ports?: Partial<DeliveryPorts>;
}

async function look({
  described,
  patterns = "arn:*:secret:db/*,arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!*",
  functions = ["rekey-announce-change", "rekey-mirror-to-vault"],
  denied = [],
  isUnseen = false,
  ports,
}: Look = {}) {
  const asked: string[] = [];
  const account: Account = {
    rotationFunction: async (functionArn) =>
      functions.includes(functionArn.replace("arn:aws:lambda:eu-west-1:123456789012:function:", ""))
        ? { timeoutMs: 1_000, roleArn: role, environment: new Map([["REKEY_SECRETS", patterns]]) }
        : undefined,
    async deniedActions(_role, { actions, resourceArn }) {
      asked.push(...actions.map((action) => `${action} ${resourceArn === secretArn ? "secret" : resourceArn}`));
      return isUnseen ? undefined : actions.filter((action) => denied.includes(action));
    },
    rotatedSecrets: async () => undefined,
  };
  const store = { describe: async () => ({ ...description, ...described }) };
  const found = await examineDelivery({ store, account, stack: "rekey", ...ports }, secretArn, call);
  return { found: found.map(({ code, severity }) => `${severity} ${code}`), asked };
}

test("a secret in order is announced and mirrored: nothing is found, and its value was not read", async () => {
  expect(await look()).toEqual({
    found: [],
    asked: [
      "secretsmanager:DescribeSecret secret",
      "secretsmanager:DescribeSecret secret",
      "secretsmanager:GetSecretValue secret",
    ],
  });
});

test.each<[string, Look, readonly string[]]>([
  [
    "outside of the stack's patterns",
    { patterns: "arn:*:secret:db/*" },
    ["error not-delivered", "error not-delivered"],
  ],
  ["without a pattern", { patterns: "" }, ["error not-delivered", "error not-delivered"]],
  ["whose functions cannot be seen", { functions: [] }, ["warning function-cannot-be-seen"]],
  ["of a stack without a Vault", { functions: ["rekey-announce-change"] }, []],
  ["whose roles may not read it", { denied: ["secretsmanager:GetSecretValue"] }, ["error iam-denied"]],
  [
    "with a key of its own that the role may not use",
    { described: { kmsKeyId: key }, denied: ["kms:Decrypt"] },
    ["error key-not-granted"],
  ],
  ["with a key by an alias", { described: { kmsKeyId: "alias/own" } }, ["warning key-cannot-be-seen"]],
  ["with the account's own key", { described: { kmsKeyId: "alias/aws/secretsmanager" }, denied: ["kms:Decrypt"] }, []],
  [
    "whose roles cannot be asked about",
    { isUnseen: true },
    ["warning iam-cannot-be-seen", "warning iam-cannot-be-seen"],
  ],
  ["that its owner does not rotate", { described: { rotationEnabled: false } }, ["warning not-rotated-by-aws"]],
  [
    "with a tag that rekey does not know",
    { described: { tags: new Map([["rekey:mirorr", "true"]]) } },
    ["warning tag-unknown"],
  ],
  [
    "that is not mirrored",
    { described: { tags: new Map([["rekey:mirror", "false"]]) }, denied: ["secretsmanager:GetSecretValue"] },
    [],
  ],
  ["that is being deleted", { described: { deletedAt: new Date() } }, ["error store-rejected"]],
  ["without a value", { described: { labels: new Map() } }, ["error secret-not-found"]],
  [
    "whose place in Vault may not be written",
    { ports: { mirror: { probe: async () => ({ path: "p", mayWrite: false }) } } },
    ["error mirror-path-denied"],
  ],
])("a secret %s", async (_which, given, expected) => {
  expect((await look(given)).found).toEqual(expected);
});

test("what cannot be asked is a finding, and does not hide the others", async () => {
  const probe = async (): Promise<never> => {
    throw new RekeyError("mirror-unavailable");
  };
  const given = { described: { rotationEnabled: false }, ports: { mirror: { probe } } };
  expect((await look(given)).found).toEqual(["warning not-rotated-by-aws", "error mirror-unavailable"]);
});
