import { createHash } from "node:crypto";
import type { Members } from "../../shared/answers/members.ts";
import { optionalText } from "../aws/members.ts";
import type { Naming, ResourceKind } from "./kinds/kind.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

/** The name that a template gives a resource. Errors: `TemplateError` for one that its service refuses. */
export function givenName(logicalId: string, kind: ResourceKind, properties: Members): string | undefined {
  if (kind.name === undefined) return undefined;
  const { property, longest, pattern } = kind.name;
  const name = optionalText(properties, property);
  if (name === undefined) return undefined;
  if (name.length > longest) {
    const problem = `${property} ${name} has ${name.length} characters, and the service takes ${longest}`;
    throw new TemplateError(`${logicalId}: ${problem}: shorten it or the parameters that it is made of`);
  }
  if (!pattern.test(name))
    throw new TemplateError(`${logicalId}: ${property} ${name} has characters that the service refuses`);
  return name;
}

/** The number of a name that was made, where 1 is not written; 0 of a name that the template gave. */
export function numberOf(name: string, { stackName }: Pick<Naming, "stackName">, logicalId: string): number {
  const base = `${stackName}-${logicalId}`;
  if (name === base) return 1;
  return name.startsWith(base) ? Number(/^-(\d+)$/u.exec(name.slice(base.length))?.[1] ?? 0) : 0;
}

/** A name that CloudFormation makes, cut to what the service takes. What takes another's place has the next number. */
export function madeName(naming: Naming, logicalId: string, kind: ResourceKind, before?: string): string {
  const number = before === undefined ? naming.firstNumber : numberOf(before, naming, logicalId) + 1;
  const name = `${naming.stackName}-${logicalId}${number === 1 ? "" : `-${number}`}`;
  const longest = kind.name?.longest ?? Infinity;
  if (name.length <= longest) return name;
  return `${name.slice(0, longest - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
