import { TemplateError, type Template } from "../../deploy/reading/read-template.ts";

/** CloudFormation's quotas, which cannot be raised. */
const most = { Parameters: 200, Resources: 500, Outputs: 200 } as const;
export const longestInline = 51_200;
const longestStored = 1_048_576;

/** Errors: `TemplateError` for more than CloudFormation takes in one template. */
export function checkSize(template: Template, resources: number): void {
  const counts = {
    Parameters: Object.keys(template.Parameters).length,
    Resources: resources,
    Outputs: Object.keys(template.Outputs).length,
  };
  for (const section of ["Parameters", "Resources", "Outputs"] as const) {
    const count = counts[section];
    if (count > most[section])
      throw new TemplateError(`${section}: there are ${count}, and a template may have ${most[section]}`);
  }
  if (template.bytes > longestStored)
    throw new TemplateError(`the template has ${template.bytes} bytes, and CloudFormation takes ${longestStored}`);
}
