import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { parseKeyValue } from "../../../shared/operations/fleet/fleet-view.ts";
import type { Options } from "../../command.ts";
import { listOption, textOption } from "../../options.ts";
import { defined } from "../../../shared/secrets/defined.ts";

/** What is rotated: a user of the caller's database, or a key of the API that the run brings along. */
export type Target = "database" | "key-api" | "none";

/** One deployment of the stack. */
export interface Variant {
  readonly name: "plain" | "data-key" | "vpc";
  readonly target: Target;
  /** The template's parameters of this variant alone. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** In the order in which they are deployed, each after the one before is removed. */
export const variantNames = ["plain", "data-key", "vpc"] as const;

export interface SmokePlan {
  readonly variants: readonly Variant[];
  /** Those of every variant: where Vault is, for example. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly databaseSecretArn?: string;
  readonly adminSecretArn?: string;
}

const network: Readonly<Record<string, string>> = {
  subnets: "VpcSubnetIds",
  securityGroups: "VpcSecurityGroupIds",
};

function networkOf(options: Options): Readonly<Record<string, string>> {
  const named = Object.entries(network).flatMap(([option, parameter]) => {
    const value = textOption(options, option);
    return value === undefined ? [] : [[parameter, value] as const];
  });
  const parameters = Object.fromEntries(named);
  if (named.length > 0 && !("VpcSubnetIds" in parameters && "VpcSecurityGroupIds" in parameters)) {
    const hint = "say --subnets and --security-groups, both";
    throw new RekeyError("option-invalid", { context: { option: "subnets", problem: "not set" }, hint });
  }
  return parameters;
}

function parametersOf(options: Options): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listOption(options, "parameter").map((text) => {
      const { key, value } = parseKeyValue(text);
      if (value !== undefined) return [key, value];
      throw new RekeyError("option-invalid", {
        context: { option: "parameter", value: key },
        hint: "say <name>=<value>",
      });
    }),
  );
}

/** What a run does, from its options. Errors: `option-invalid`. */
export function smokePlan(options: Options): SmokePlan {
  const databaseSecretArn = textOption(options, "databaseSecret");
  const adminSecretArn = textOption(options, "adminSecret");
  const inNetwork = networkOf(options);
  const hasNetwork = Object.keys(inNetwork).length > 0;
  // A database that is named together with subnets lies behind them. The key API lies outside, where a VPC need not lead.
  const outside: Target = databaseSecretArn !== undefined && !hasNetwork ? "database" : "key-api";
  const variants: Variant[] = [
    { name: "plain", target: outside, parameters: {} },
    { name: "data-key", target: outside, parameters: {} },
  ];
  if (hasNetwork) {
    variants.push({
      name: "vpc",
      target: databaseSecretArn === undefined ? "none" : "database",
      parameters: inNetwork,
    });
  }
  return {
    variants,
    parameters: parametersOf(options),
    ...defined({ databaseSecretArn, adminSecretArn }),
  };
}
