import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runRekey, type Transcript } from "../../../tests/support/run-rekey.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rekey-policy-"));
});
afterAll(async () => rm(folder, { recursive: true }));

async function lintPolicy(policy: string, ...words: string[]): Promise<Transcript> {
  await writeFile(join(folder, "policy.json"), policy);
  return runRekey(["lint-policy", "policy.json", ...words], { env: {}, cwd: folder });
}

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders";
const key = "arn:aws:kms:eu-west-1:123456789012:key/0f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e";
const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const read = { Effect: "Allow", Action: "secretsmanager:GetSecretValue" };

test("what is wrong is printed with what to write instead, and the exit code is 1", async () => {
  const wrong = policy(
    { ...read, Sid: "ReadOrders", Resource: secret },
    { Effect: "Allow", Action: ["secretsmanager:*"], Resource: "*" },
  );
  const { code, out } = await lintPolicy(wrong, "--key", key);
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "error    suffix-missing (statement ReadOrders): arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders matches no secret: a secret's ARN ends with a hyphen and six random characters
             write: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-??????"

    warning  every-action (statement 2): secretsmanager:* lets its holder delete secrets and replace their policies
             write: "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"

    warning  every-secret (statement 2): * is every secret
             write: "arn:aws:secretsmanager:<region>:<account>:secret:<prefix>/*", or a Condition on secretsmanager:ResourceTag/<key>

    error    key-missing (statement none): no statement allows kms:Decrypt on the customer managed key of the secrets
             write: { "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "arn:aws:kms:eu-west-1:123456789012:key/0f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e", "Condition": { "StringEquals": { "kms:ViaService": "secretsmanager.<region>.amazonaws.com" } } }
    "
  `);
});

test("a policy as it should be: nothing found, exit code 0", async () => {
  const viaSecretsManager = { StringEquals: { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } };
  const right = policy(
    { ...read, Resource: [`${secret}-??????`, `${secret}-AbCdEf`, "arn:aws:secretsmanager:*:*:secret:db/*"] },
    { Effect: "Allow", Action: "secretsmanager:ListSecrets", Resource: "*" },
    { ...read, Resource: "*", Condition: { StringEquals: { "secretsmanager:ResourceTag/team": "orders" } } },
    { Effect: "Allow", Action: "kms:Decrypt", Resource: key, Condition: viaSecretsManager },
    { Effect: "Deny", Action: "secretsmanager:*", Resource: secret },
  );
  expect(await lintPolicy(right, "--key", key)).toEqual({ code: 0, out: "policy.json: nothing found\n", err: "" });
});

test("--json prints the findings as data", async () => {
  const { code, out } = await lintPolicy(policy({ ...read, Resource: secret }), "--json");
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([{ code: "suffix-missing", correction: `"${secret}-??????"` }]);
});

test.each(["{", "[]", '{"Statement":["x"]}'])("%s is no policy: exit code 1 and the code", async (text) => {
  const { code, out, err } = await lintPolicy(text);
  expect([code, out, err]).toEqual([1, "", expect.stringContaining("option-invalid")]);
});

test.each([
  ["every-secret", { ...read, Resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*" }],
  ["not-action", { Effect: "Allow", NotAction: "iam:*", Resource: "*" }],
  ["not-resource", { ...read, NotResource: secret }],
  ["key-not-bound", { Effect: "Allow", Action: "kms:*", Resource: key }],
])("%s is found", async (code, statement) => {
  const { out } = await lintPolicy(policy(statement), "--json");
  expect((JSON.parse(out) as readonly { code: string }[]).map((found) => found.code)).toContain(code);
});
