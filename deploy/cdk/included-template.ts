import path from "node:path";
import { Lazy, type IResolvable, type Stack } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { CfnApplication, CfnFunction } from "aws-cdk-lib/aws-sam";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { packageRoot } from "./package-root.ts";
import { conditionHolds, conditionNames, declarations, type Value, type Values } from "./template-logic.ts";

/** A value that `rotate` may still add to. */
function late(name: string, value: () => Value): string[] | string | number {
  if (declarations[name]?.list === true) return Lazy.list({ produce: () => [value()].flat().map(String) });
  return declarations[name]?.number === true
    ? Lazy.number({ produce: () => Number(value()) })
    : Lazy.string({ produce: () => String(value()) });
}

/** Each function's folder, and each template within the template, as an asset. */
function addAssets(stack: Stack, root: string): void {
  for (const resource of stack.node.findAll()) {
    if (resource instanceof CfnFunction && typeof resource.codeUri === "string") {
      const code = new Asset(resource, "Code", { path: path.join(root, resource.codeUri) });
      resource.codeUri = { bucket: code.s3BucketName, key: code.s3ObjectKey };
    } else if (resource instanceof CfnApplication && typeof resource.location === "string") {
      resource.location = new Asset(resource, "Template", { path: path.join(root, resource.location) }).httpUrl;
    }
  }
}

/**
 * Includes rekey's template with values in place of its parameters. CloudFormation allows no resource and no import in a
 * condition or a rule, and a value may be either, so these are decided here: conditions become constants, rules go.
 */
export function includeTemplate(stack: Stack, values: () => Values): CfnInclude {
  const root = packageRoot();
  const parameters = Object.keys(declarations).map((name) => [name, late(name, () => values()[name] ?? "")] as const);
  const template = new CfnInclude(stack, "Template", {
    templateFile: path.join(root, "template.yaml"),
    parameters: Object.fromEntries(parameters),
  });
  for (const name of conditionNames) {
    const decided = (): IResolvable =>
      Lazy.any({ produce: () => ({ "Fn::Equals": [String(conditionHolds(name, values())), "true"] }) });
    template.getCondition(name).expression = decided();
  }
  template.node.tryRemoveChild("$Rules");
  addAssets(stack, root);
  return template;
}
