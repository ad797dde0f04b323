import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { denial } from "../../local/aws/iam.ts";
import { isMembers, list, record, textList } from "../../local/aws/members.ts";
import { asPolicyDocument } from "../../local/aws/policy-document.ts";
import type { PolicyDocument, Principal } from "../../local/aws/service.ts";
import { readTemplate } from "../../local/template/read-template.ts";
import { deploymentCalls, vpc } from "../support/deployer/deployment-calls.ts";
import { onlyForProperty, refused } from "../support/deployer/not-called.ts";
import {
  permissionsOfSchemas,
  providerSchemas,
  type ProviderPermissions,
} from "../support/deployer/read-provider-permissions.ts";
import { namedScope, stackResources } from "../support/deployer/stack-resources.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { policiesOf } from "../support/template-policies.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (name: string) => readTemplate(readFileSync(resolve(root, name), "utf8"));
const table = JSON.parse(
  readFileSync(resolve(root, "tests/support/deployer/provider-permissions.json"), "utf8"),
) as ProviderPermissions;
const templates = ["template.yaml", "templates/event-schemas.yaml", "templates/vpc-endpoints.yaml"].map(read);
const resources = templates.flatMap(stackResources);
const deployer = read("templates/deployer.yaml");
const cfnLint = outsideProgram("REKEY_CFN_LINT", "PyPI: cfn-lint");

test("each type of the stack's resources has its calls in the table, and no other type has", () => {
  expect([...new Set(resources.map(({ type }) => type))].sort()).toEqual(Object.keys(table).sort());
});

test.skipIf(cfnLint === undefined)("the table of calls is what AWS's schemas of these types say", async () => {
  const schemas = providerSchemas(cfnLint ?? "", new Set(resources.map(({ type }) => type)));
  const text = `${JSON.stringify(permissionsOfSchemas(schemas), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot(resolve(root, "tests/support/deployer/provider-permissions.json"));
  for (const [type, properties] of Object.entries(onlyForProperty)) {
    expect(Object.keys(record(schemas.get(type) ?? {}, "properties"))).toEqual(
      expect.arrayContaining(Object.keys(properties)),
    );
  }
});
