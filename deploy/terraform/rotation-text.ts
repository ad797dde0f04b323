import type { Template } from "../reading/read-template.ts";
import { rotationEngines } from "../reading/function-names.ts";
import { pascalCase } from "../reading/function-names.ts";

/** A stack that rotates has each function but those with a condition of their own. */
function functionArn(engine: string, outputs: Template["Outputs"]): string {
  const name = `${pascalCase(`rotate-${engine}`)}Arn`;
  const output = `local.outputs["${name}"]`;
  return Object(outputs[name])["Condition"] === "Rotates" ? output : `try(${output}, null)`;
}

/** `rotation.tf`: what a secret may say, and the function of each engine. */
export function rotationText({ Resources, Outputs }: Template): string {
  const engines = rotationEngines(Resources);
  const width = Math.max(...engines.map((engine) => engine.length)) + 2;
  const arns = engines.map((engine) => `    ${`"${engine}"`.padEnd(width)} = ${functionArn(engine, Outputs)}\n`);
  return `# Written by \`npm run docs\` from template.yaml.

variable "secrets" {
  type = map(object({
    arn                = string
    engine             = string
    schedule           = optional(string, "rate(30 days)")
    window             = optional(string)
    rotate_immediately = optional(bool, false)
    admin_secret_arn   = optional(string)
  }))
  default     = {}
  description = "Secrets to rotate, by any name: the ARN, the engine, when, and the administrator's secret for two users. The functions are granted their use."

  validation {
    condition = alltrue([for secret in values(var.secrets) : contains(
      [${engines.map((engine) => `"${engine}"`).join(", ")}],
      secret.engine,
    )])
    error_message = "An engine is ${engines.slice(0, -1).join(", ")} or ${engines.at(-1)}."
  }
}

locals {
  rotation_function_arns = {
${arns.join("")}  }
}
`;
}
