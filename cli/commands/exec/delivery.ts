import type { SecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretValue } from "../../../shared/secrets/secret-value.ts";
import type { ExecPlan } from "./read-plan.ts";
import { referred, unusable } from "./reference.ts";
import type { RunFiles } from "./run-files.ts";
import { renderTemplate } from "./template.ts";

/** What one set of versions makes of the plan. */
export interface Delivery {
  /** The version of each secret. */
  readonly versionIds: ReadonlyMap<string, string>;
  readonly variables: NodeJS.ProcessEnv;
  readonly contents: ReadonlyMap<string, string>;
}

/** Linux takes no longer `NAME=value`. */
const longestVariable = 131_071;

export const isSameDelivery = (one: Delivery, other: Delivery): boolean =>
  [...one.versionIds].every(([secretId, versionId]) => other.versionIds.get(secretId) === versionId);

/** What of rekey's own settings the program gets: none, they may hold a password. */
const inherited = (variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("REKEY_")));

function variablesOf(plan: ExecPlan, values: ReadonlyMap<string, SecretValue>, files: RunFiles): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = inherited(process.env);
  if (plan.templates.size > 0) variables["REKEY_FILES"] = files.folder;
  for (const [name, source] of plan.variables) {
    if ("file" in source) {
      variables[name] = files.pathOf(source.file);
      continue;
    }
    const { text } = referred(source, values);
    if (Buffer.byteLength(`${name}=${text}`) > longestVariable) throw unusable(source, "it is too long for a variable");
    variables[name] = text;
  }
  return variables;
}

/** AWSCURRENT of every secret, as the plan has it. Errors: those of the client, `member-unusable`, `secret-binary`. */
export async function readDelivery(client: SecretClient, plan: ExecPlan, files: RunFiles): Promise<Delivery> {
  const versions = await Promise.all(
    plan.secretIds.map(async (secretId) => [secretId, await client.get(secretId)] as const),
  );
  const values = new Map(versions.map(([secretId, { value }]) => [secretId, value]));
  return {
    versionIds: new Map(versions.map(([secretId, { versionId }]) => [secretId, versionId])),
    variables: variablesOf(plan, values, files),
    contents: new Map([...plan.templates].map(([target, template]) => [target, renderTemplate(template, values)])),
  };
}
