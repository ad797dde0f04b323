import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText } from "../aws/members.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

/** CloudFormation's own limit of a value. */
const longestValue = 4096;

/** The limits that a declaration sets, with what they hold for. */
function checkRange(name: string, declaration: Members, value: string): void {
  const isNumber = declaration["Type"] === "Number";
  if (isNumber && !/^-?\d+(?:\.\d+)?$/u.test(value)) throw new TemplateError(`${name}: the value is no number`);
  const [measure, least, most] = isNumber
    ? [Number(value), "MinValue", "MaxValue"]
    : [value.length, "MinLength", "MaxLength"];
  const limit = (which: string): number | undefined =>
    declaration[which] === undefined ? undefined : Number(declaration[which]);
  if (measure < (limit(least) ?? -Infinity)) throw new TemplateError(`${name}: ${least} is ${limit(least)}`);
  if (measure > (limit(most) ?? Infinity)) throw new TemplateError(`${name}: ${most} is ${limit(most)}`);
}

function check(name: string, declaration: Members, value: string): void {
  checkRange(name, declaration, value);
  const allowed = declaration["AllowedValues"];
  if (Array.isArray(allowed) && !allowed.map(String).includes(value)) {
    throw new TemplateError(`${name}: ${value} is none of ${allowed.join(", ")}`);
  }
  const pattern = declaration["AllowedPattern"];
  if (typeof pattern === "string" && !new RegExp(`^(?:${pattern})$`, "u").test(value)) {
    throw new TemplateError(`${name}: the value does not match ${pattern}`);
  }
}

/**
 * The template's parameters with the values given or their defaults; a list type is a list. Errors: `TemplateError` for a
 * missing, unknown or unfit value.
 */
export function bindParameters(
  declarations: Members,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string | readonly string[]> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declarations, name));
  if (unknown !== undefined) throw new TemplateError(`the template has no parameter ${unknown}`);
  return new Map(
    Object.entries(declarations).map(([name, declaration]): [string, string | readonly string[]] => {
      if (!isMembers(declaration)) throw new TemplateError(`the parameter ${name} must be a map`);
      const initial = declaration["Default"];
      const value =
        given[name] ?? (typeof initial === "number" ? String(initial) : optionalText(declaration, "Default"));
      if (value === undefined) throw new TemplateError(`the parameter ${name} has no value`);
      if (Buffer.byteLength(value) > longestValue)
        throw new TemplateError(
          `${name}: the value has ${Buffer.byteLength(value)} bytes, and CloudFormation takes ${longestValue}`,
        );
      const type = String(declaration["Type"]);
      if (type === "CommaDelimitedList" || type.startsWith("List<")) {
        const items = value.split(",");
        for (const item of items) check(name, declaration, item.trim());
        return [name, items.map((item) => item.trim())];
      }
      check(name, declaration, value);
      return [name, value];
    }),
  );
}
