import { createHash } from "node:crypto";
import { optionalText, type Members } from "../aws/members.ts";
import type { ResourceKind } from "./kinds/kind.ts";
import { TemplateError } from "./read-template.ts";

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

/** A name that CloudFormation makes, cut to what the service takes. A resource that takes another's place has a number. */
export function madeName(stackName: string, logicalId: string, kind: ResourceKind, before?: string): string {
  const base = `${stackName}-${logicalId}`;
  const number = before === undefined ? 1 : Number(/-(\d+)$/u.exec(before.slice(base.length))?.[1] ?? 1) + 1;
  const name = number === 1 ? base : `${base}-${number}`;
  const longest = kind.name?.longest ?? Infinity;
  if (name.length <= longest) return name;
  return `${name.slice(0, longest - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
