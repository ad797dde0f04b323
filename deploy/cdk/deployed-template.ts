import path from "node:path";
import { CfnOutput, CfnResource, Lazy, Token, type Stack } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { overlay } from "../reading/overlay.ts";
import { packageRoot, type RekeyTemplate, type ResourceDeclaration } from "./read-template.ts";
import type { TemplateLogic } from "./template-logic.ts";

type Properties = Readonly<Record<string, unknown>>;

interface Declared {
  readonly type: string;
  readonly properties: Properties;
}

/**
 * A function's folder, or a template within the template, as an asset. SAM takes no place of a nested template that is known
 * only at deployment, so that is a stack of CloudFormation's.
 */
function withAssets(stack: Stack, id: string, { type, properties }: Declared): Declared {
  const { CodeUri: code, Location: location, ...others } = properties;
  const asset = (file: unknown): Asset =>
    new Asset(stack, `${id}Asset`, { path: path.join(packageRoot(), String(file)) });
  if (location !== undefined)
    return { type: "AWS::CloudFormation::Stack", properties: { ...others, TemplateURL: asset(location).httpUrl } };
  if (code === undefined) return { type, properties };
  const { s3BucketName: Bucket, s3ObjectKey: Key } = asset(code);
  return { type, properties: { ...others, CodeUri: { Bucket, Key } } };
}

/**
 * Adds the template's resources and outputs to a stack. CloudFormation allows no resource and no import of another stack in
 * a condition, and a value may be either, so the template is decided here; `rotate` may change values until synthesis.
 */
export function deployTemplate(stack: Stack, template: RekeyTemplate, logic: TemplateLogic): void {
  const applies = ({ Condition }: { readonly Condition?: string }): boolean =>
    Condition === undefined || logic.holds({ Condition });
  const late = (part: unknown) => Lazy.any({ produce: () => logic.decide(part) });

  const add = (id: string, declaration: ResourceDeclaration): void => {
    const { Type, Condition: _condition, Properties: own = {}, ...attributes } = declaration;
    const whole = Type === "AWS::Serverless::Function" ? (overlay(template.Globals.Function, own) as Properties) : own;
    const { type, properties } = withAssets(stack, id, { type: Type, properties: whole });
    const decided = Object.entries(properties).map(([name, value]) => [name, late(value)]);
    const resource = new CfnResource(stack, id, { type, properties: Object.fromEntries(decided) });
    resource.overrideLogicalId(id);
    for (const [name, value] of Object.entries(attributes)) resource.addOverride(name, value);
  };
  stack.addTransform("AWS::Serverless-2016-10-31");
  for (const [id, declaration] of Object.entries(template.Resources)) if (applies(declaration)) add(id, declaration);
  for (const [id, output] of Object.entries(template.Outputs)) {
    if (!applies(output)) continue;
    new CfnOutput(stack, `${id}Output`, { value: Token.asString(late(output.Value)) }).overrideLogicalId(id);
  }
}
