import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readTemplate } from "../reading/read-template.ts";
import { outsideProgram } from "../../tests/support/outside-program.ts";
import { planTerraform, type TerraformPlan } from "../../tests/support/planned-terraform.ts";
import { parametersText, snakeCase } from "./parameters-text.ts";
import { rotationText } from "./rotation-text.ts";

const program = outsideProgram("REKEY_TERRAFORM_PLAN", "tests/support/terraform");
const template = readTemplate(readFileSync(new URL("../../template.yaml", import.meta.url), "utf8"));
const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf";
const admin = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:admin-AbCdEf";
const orders = { arn, engine: "postgres" };

const plan = (variables: object, known: object = {}): TerraformPlan =>
  planTerraform(program ?? "", import.meta.dirname, { variables: { bucket: "artifacts", ...variables }, known });
const valuesOf = ({ resources }: TerraformPlan, address: string): unknown =>
  resources.find((resource) => resource.address === address)?.values;

test("the module's variables are the template's parameters", () => {
  expect(readFileSync(path.join(import.meta.dirname, "parameters.tf"), "utf8")).toBe(parametersText(template));
});

test("the module's engines are those of the template's functions", () => {
  expect(readFileSync(path.join(import.meta.dirname, "rotation.tf"), "utf8")).toBe(rotationText(template));
});

test.skipIf(program === undefined)("a parser of Terraform's modules finds a typed variable for each parameter", () => {
  const { variables } = plan({});
  const missing = Object.keys(template.Parameters).filter((name) => !(snakeCase(name) in variables));
  expect(missing).toEqual(["RotatedSecretArn", "RotationSchedule"]);
  expect(variables).toMatchObject({
    vault_address: { type: "string" },
    operator_role_arns: { type: "list(string)" },
    keep_adoptions: { type: "bool" },
    log_retention_days: { type: "number" },
  });
});

test.skipIf(program === undefined)("what is set is a parameter, and the template's defaults hold for the rest", () => {
  const secrets = { orders: { ...orders, admin_secret_arn: admin }, again: orders };
  const secret_arn_pattern = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/*"];
  const variables = { secrets, secret_arn_pattern, keep_adoptions: false, log_retention_days: 30, name: "team" };
  expect(valuesOf(plan(variables), "aws_cloudformation_stack.rekey")).toMatchObject({
    name: "team",
    parameters: {
      AdminSecretArns: admin,
      KeepAdoptions: "false",
      LogRetentionDays: "30",
      SecretArnPattern: [...secret_arn_pattern, arn].join(","),
    },
  });
});

test.skipIf(program === undefined)("a secret has the schedule that is set and the function of its engine", () => {
  const outputs = Object.fromEntries(Object.keys(template.Outputs).map((name) => [name, `the ${name}`]));
  const secrets = { orders: { ...orders, engine: "mysql", schedule: "cron(0 4 ? * SUN *)", window: "2h" } };
  const planned = plan({ secrets }, { "aws_cloudformation_stack.rekey": { outputs } });
  expect(valuesOf(planned, 'aws_secretsmanager_secret_rotation.secret["orders"]')).toEqual({
    secret_id: arn,
    rotation_lambda_arn: "the RotateMysqlArn",
    rotate_immediately: false,
    rotation_rules: { schedule_expression: "cron(0 4 ? * SUN *)", duration: "2h" },
  });
  expect(planned.outputs).toMatchObject({ event_bus_name: "the EventBusName", stack_outputs: outputs });
});

test.skipIf(program === undefined).each([
  [{ vault_auth: "kerberos" }, "It must be one of approle, aws, jwt, token."],
  [{ archive_retention_days: 9999 }, "It must be at most 3650."],
  [{ secret_arn_pattern: ["db/*"] }, "It must match arn:"],
  [{ secrets: { orders: { arn, engine: "db2" } } }, "An engine is postgres"],
  [{ name: "a".repeat(40) }, "at most 39"],
  [{ no_such_variable: 1 }, "the module has no variable no_such_variable"],
])("%j is refused", (variables, problem) => {
  expect(() => plan(variables)).toThrow(problem);
});
