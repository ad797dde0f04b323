import { asPolicyDocument } from "../../../local/aws/policy-document.ts";
import type { PolicyDocument, Principal } from "../../../local/aws/service.ts";
import type { Template } from "../../../deploy/reading/read-template.ts";
import { policiesIn } from "../template-policies.ts";
import { namedScope } from "./stack-resources.ts";

/** Who `templates/deployer.yaml` gives rights to, and what bounds the roles that are made with them. */
export interface DeployerPrincipals {
  /** CloudFormation with the role of the stack. */
  readonly cloudFormation: Principal;
  /** Whoever runs `sam deploy`. */
  readonly caller: Principal;
  readonly boundary: { readonly arn: string; readonly policy: PolicyDocument };
}

export function deployerPrincipals(
  template: Template,
  given: Readonly<Record<string, string>> = {},
): DeployerPrincipals {
  const scope = namedScope(template, given);
  const documents = policiesIn(template, scope);
  const policies = (...logicalIds: readonly string[]): readonly PolicyDocument[] =>
    documents
      .filter(({ logicalId }) => logicalIds.includes(logicalId))
      .map(({ document }) => asPolicyDocument(document));
  const session = (name: string, held: readonly PolicyDocument[]): Principal => ({
    arn: `arn:aws:sts::123456789012:assumed-role/${name}/session`,
    accountId: "123456789012",
    policies: held,
  });
  return {
    cloudFormation: session("deploy-rekey-us-east-1", policies("DeployRole", "DataKey")),
    caller: session("ci", policies("CallerPolicy")),
    boundary: {
      arn: given["PermissionsBoundaryArn"] ?? scope.resources.get("FunctionsBoundary")?.ref ?? "",
      policy: { Statement: policies("FunctionsBoundary").flatMap(({ Statement }) => Statement) },
    },
  };
}
