import { spawnSync } from "node:child_process";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { record, recordList, text } from "../../local/aws/members.ts";

export interface PlannedResource {
  readonly address: string;
  readonly values: Members;
}

export interface TerraformPlan {
  /** What the module declares, by name. */
  readonly variables: Members;
  readonly resources: readonly PlannedResource[];
  readonly outputs: Members;
}

/** What a Terraform module's expressions are worth; `known` has what only a provider knows. Throws what the program prints. */
export function planTerraform(
  program: string,
  folder: string,
  given: { readonly variables: object; readonly known?: object },
): TerraformPlan {
  const { stdout, stderr, status } = spawnSync(program, [folder], {
    input: JSON.stringify(given),
    encoding: "utf8",
    maxBuffer: 2 ** 24,
  });
  if (status !== 0) throw new Error(stderr);
  const plan: unknown = JSON.parse(stdout);
  if (!isMembers(plan)) throw new Error("the plan is no map");
  const resources = recordList(plan, "resources").map((resource) => ({
    address: text(resource, "address"),
    values: record(resource, "values"),
  }));
  return { variables: record(plan, "variables"), resources, outputs: record(plan, "outputs") };
}
