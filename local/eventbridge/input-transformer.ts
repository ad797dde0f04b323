import { isMembers, type Members } from "../../shared/answers/members.ts";
import { AwsError } from "../aws/service.ts";

/** The value at a path such as `$.detail.items[0]` or `$['detail-type']`; `undefined` where there is none. */
export function atPath(event: unknown, path: string): unknown {
  if (!/^\$(?:\.[\w-]+|\[\d+\]|\['[^']+'\])*$/u.test(path)) {
    throw new AwsError("ValidationException", `Invalid JSON path ${path}`);
  }
  let value: unknown = event;
  for (const [, name, index, quoted] of path.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/gu)) {
    if (Array.isArray(value)) value = index === undefined ? undefined : value[Number(index)];
    else value = isMembers(value) ? value[name ?? quoted ?? ""] : undefined;
  }
  return value;
}

export interface InputTransformer {
  readonly paths: Readonly<Record<string, string>>;
  readonly template: string;
}

/**
 * Fills the template's `<name>`: inside a JSON string with the value's text, elsewhere with its JSON. What is absent
 * leaves nothing behind.
 */
export function transformInput(
  { paths, template }: InputTransformer,
  event: Members,
  rule: { readonly arn: string; readonly name: string },
): string {
  const reserved: Members = {
    "aws.events.rule-arn": rule.arn,
    "aws.events.rule-name": rule.name,
    "aws.events.event.ingestion-time": event["time"],
    "aws.events.event": Object.fromEntries(Object.entries(event).filter(([key]) => key !== "detail")),
    "aws.events.event.json": event,
  };
  const valueOf = (name: string): unknown => {
    const path = paths[name];
    return path === undefined ? reserved[name] : atPath(event, path);
  };
  let quoted = false;
  return template.replaceAll(/\\.|"|<([\w.-]+)>/gsu, (token: string, name: string | undefined) => {
    if (name === undefined) {
      if (token === '"') quoted = !quoted;
      return token;
    }
    const value = valueOf(name);
    if (value === undefined) return "";
    if (!quoted) return JSON.stringify(value);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}
