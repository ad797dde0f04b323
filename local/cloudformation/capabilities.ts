import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import { transformed } from "../template/sam-transform.ts";
import type { Template } from "../../deploy/reading/read-template.ts";

const nameProperties: Readonly<Record<string, string>> = {
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Role": "RoleName",
};
const iam = new Set([...Object.keys(nameProperties), "AWS::IAM::Policy"]);

/** What a caller must acknowledge before the template is deployed. */
export function neededCapabilities(template: Template): readonly string[] {
  const types = Object.values(transformed(template));
  const roles = types.filter(({ Type }) => iam.has(String(Type)));
  const isNamed = roles.some((resource) => {
    const { Type } = resource;
    const property = nameProperties[String(Type)];
    return property !== undefined && property in record(resource, "Properties");
  });
  const isNested = Object.values(template.Resources).some(
    (resource) => isMembers(resource) && resource["Type"] === "AWS::Serverless::Application",
  );
  return [
    ...(isNamed ? ["CAPABILITY_NAMED_IAM"] : roles.length > 0 ? ["CAPABILITY_IAM"] : []),
    ...(isNested ? ["CAPABILITY_AUTO_EXPAND"] : []),
  ];
}

/** Errors: `InsufficientCapabilitiesException`. */
export function checkCapabilities(template: Template, given: readonly string[]): void {
  const missing = neededCapabilities(template).filter(
    (capability) =>
      !given.includes(capability) && !(capability === "CAPABILITY_IAM" && given.includes("CAPABILITY_NAMED_IAM")),
  );
  if (missing.length > 0)
    throw new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${missing.join(", ")}]`);
}
