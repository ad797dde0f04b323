import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

export interface ParameterDeclaration {
  readonly Type: string;
  readonly Default?: string | number;
  readonly AllowedPattern?: string;
  readonly AllowedValues?: readonly (string | number)[];
  readonly MinValue?: number;
  readonly MaxValue?: number;
}

export interface ResourceDeclaration {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

interface Rule {
  readonly RuleCondition?: unknown;
  readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription: string }[];
}

/** What the build makes of template.yaml. */
export interface RekeyTemplate {
  readonly Parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly Rules: Readonly<Record<string, Rule>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Globals: { readonly Function: Readonly<Record<string, unknown>> };
  readonly Resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly Outputs: Readonly<Record<string, { readonly Condition?: string; readonly Value: unknown }>>;
}

/** The folder that holds the template and the functions: the repository's, or the installed package's. */
export function packageRoot(folder: string = import.meta.dirname): string {
  return existsSync(path.join(folder, "template.yaml")) ? folder : packageRoot(path.dirname(folder));
}

export const readTemplate = (): RekeyTemplate =>
  JSON.parse(readFileSync(path.join(packageRoot(), "dist/template.json"), "utf8")) as RekeyTemplate;
