import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import { isMembers, type Members } from "../../shared/answers/members.ts";

/** A template as data: short forms such as `!Sub` are their long forms, `{"Fn::Sub": …}`. */
export interface Template {
  /** As UTF-8. */
  readonly bytes: number;
  readonly Transform: readonly string[];
  readonly Parameters: Members;
  readonly Conditions: Members;
  readonly Globals: Members;
  readonly Rules: Members;
  readonly Resources: Readonly<Record<string, Members>>;
  readonly Outputs: Members;
}

export class TemplateError extends Error {}

function longForm(tag: string, value: unknown): unknown {
  const name = tag.slice(1);
  if (name === "Ref" || name === "Condition") return { [name]: value };
  if (name === "GetAtt" && typeof value === "string") {
    const dot = value.indexOf(".");
    return { "Fn::GetAtt": [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: value };
}

function plain(node: unknown): unknown {
  if (isAlias(node)) throw new TemplateError("YAML aliases are not supported in templates");
  const bare = isMap(node)
    ? Object.fromEntries(node.items.map(({ key, value }) => [String(plain(key)), plain(value)]))
    : isSeq(node)
      ? node.items.map(plain)
      : isScalar(node)
        ? node.value
        : node;
  const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined;
  return tag?.startsWith("!") === true && !tag.startsWith("!!") ? longForm(tag, bare) : bare;
}

const sections = new Set([
  "AWSTemplateFormatVersion",
  "Transform",
  "Description",
  "Metadata",
  "Parameters",
  "Conditions",
  "Globals",
  "Rules",
  "Resources",
  "Outputs",
]);

/** The last one, since a template is deployed again and again. */
let lastRead: { readonly yaml: string; readonly template: Template } | undefined;

/** Reads a SAM template. Errors: `TemplateError` for YAML errors and for sections that the loader does not know. */
export function readTemplate(yaml: string): Template {
  if (lastRead?.yaml !== yaml) lastRead = { yaml, template: read(yaml) };
  return lastRead.template;
}

function read(yaml: string): Template {
  const document = parseDocument(yaml);
  const [problem] = document.errors;
  if (problem !== undefined) throw new TemplateError(problem.message);
  const template = plain(document.contents);
  if (!isMembers(template)) throw new TemplateError("a template is a map");
  const unknown = Object.keys(template).find((name) => !sections.has(name));
  if (unknown !== undefined) throw new TemplateError(`the template's section ${unknown} is not supported`);
  const section = (name: string): Members => {
    const value = template[name] ?? {};
    if (!isMembers(value)) throw new TemplateError(`${name} must be a map`);
    return value;
  };
  const { Transform: transform = [] } = template;
  return {
    bytes: Buffer.byteLength(yaml),
    Transform: (Array.isArray(transform) ? transform : [transform]).map(String),
    Parameters: section("Parameters"),
    Conditions: section("Conditions"),
    Globals: section("Globals"),
    Rules: section("Rules"),
    Resources: Object.fromEntries(
      Object.entries(section("Resources")).map(([id, resource]) => {
        if (!isMembers(resource)) throw new TemplateError(`${id} must be a map`);
        return [id, resource];
      }),
    ),
    Outputs: section("Outputs"),
  };
}
