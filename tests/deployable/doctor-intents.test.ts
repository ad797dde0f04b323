import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { denial } from "../../local/aws/iam.ts";
import type { PolicyDocument } from "../../local/aws/service.ts";
import { readTemplate } from "../../deploy/reading/read-template.ts";
import { intentsOf, keyIntents, type RoleIntent } from "../../shared/operations/doctor/role-intents.ts";
import { queuesTakeAtOnce } from "../../shared/operations/doctor/check-account.ts";
import type { SecretDescription } from "../../shared/ports/secret-store.ts";
import { policiesOf } from "../support/template-policies.ts";

const text = readFileSync(resolve(import.meta.dirname, "../../template.yaml"), "utf8");
const template = readTemplate(text);
const place = "us-east-1:123456789012";
const keyArn = (id: string): string => `arn:aws:kms:${place}:key/${id}`;
const secretArn = `arn:aws:secretsmanager:${place}:secret:db/orders-AbCdEf`;
const secret: SecretDescription = {
  secretArn,
  name: "db/orders",
  rotationEnabled: true,
  labels: new Map(),
  tags: new Map(),
};

/** Those of the actions that the role of `rotate-postgres` may not do, in a stack with two keys of the secrets. */
function deniedOf({ actions, resourceArn, conditions }: RoleIntent): readonly string[] {
  const policies = policiesOf(template, { SecretsKmsKeyArn: `${keyArn("one")},${keyArn("two")}` })
    .filter(({ logicalId }) => logicalId === "RotatePostgresRole")
    .map(({ document }) => document as unknown as PolicyDocument);
  expect(policies).not.toEqual([]);
  const caller = { arn: "arn:aws:iam::123456789012:role/rotate-postgres", accountId: "123456789012", policies };
  return actions.filter((action) => denial({ caller, action, resource: resourceArn, context: conditions }));
}

test("what the doctor asks of a rotation function's role is what the template grants", () => {
  const environment = new Map([
    ["EVENT_BUS_NAME", "rekey"],
    ["REKEY_TLS_CA", `arn:aws:secretsmanager:${place}:secret:tls-roots-AbCdEf`],
  ]);
  const facts = { timeoutMs: 30_000, roleArn: "arn:role", environment };
  const functionArn = `arn:aws:lambda:${place}:function:rekey-rotate-postgres`;
  const intents = intentsOf(facts, functionArn, secretArn, `arn:aws:secretsmanager:${place}:secret:admin-AbCdEf`);
  expect(intents.map(deniedOf)).toEqual([[], [], [], []]);
  const elsewhere = intentsOf(facts, `${functionArn}-of-another-stack`, secretArn, undefined);
  expect(elsewhere.flatMap(deniedOf)).toContain("secretsmanager:PutSecretValue");
});

test.each([
  ["none of its own", undefined, []],
  ["the first of the stack's, by its ARN", keyArn("one"), []],
  ["the second of the stack's, by its id", "two", []],
  ["another one", "three", ["kms:Decrypt", "kms:GenerateDataKey"]],
])("a secret's key: %s", (_what, kmsKeyId, denied) => {
  const intents = keyIntents(kmsKeyId === undefined ? secret : { ...secret, kmsKeyId });
  expect(intents?.flatMap(deniedOf)).toEqual(denied);
});

test.each(["alias/orders", `arn:aws:kms:${place}:alias/orders`])(
  "%s says of no key that it may be used",
  (kmsKeyId) => {
    expect(keyIntents({ ...secret, kmsKeyId })).toBeUndefined();
  },
);

test("the doctor knows how much the queues of the template take at once", () => {
  const taken = [...text.matchAll(/MaximumConcurrency: (\d+)/gu)].map(([, most]) => Number(most));
  expect(taken.reduce((sum, most) => sum + most, 0)).toBe(queuesTakeAtOnce);
});
