import { RekeyError } from "../../errors/reading-error.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import type { StandardIssue, StandardResult, StandardSchema } from "../standard-schema.ts";

/** A version's value as one schema gives it, parsed once. */
export interface ParsedJson {
  readonly schema: StandardSchema | undefined;
  readonly value: Promise<unknown>;
}

const malformed = (secret: string, field: string, problem: string): RekeyError =>
  new RekeyError("secret-malformed", { context: { secret, field, problem } });

/** All who ask get the same object, so nobody may change it. */
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

/** A value may be nested more deeply than the stack allows. */
function allFrozen(secretId: string, value: unknown): unknown {
  try {
    return frozen(value);
  } catch {
    throw malformed(secretId, "(whole)", "nested too deeply");
  }
}

function fieldOf(issues: readonly StandardIssue[]): string {
  const path = issues[0]?.path ?? [];
  return path.map((part) => String(typeof part === "object" ? part.key : part)).join(".") || "(whole)";
}

/** Bounds the wait for a validator that takes its time, and keeps the process alive meanwhile. Rejects when it takes too long. */
export type InTime = <Result>(work: Promise<Result>) => Promise<Result>;

/** A validator is the service's own code: it may throw, at any of its properties too, and give anything. */
async function validated(secretId: string, parsed: unknown, schema: StandardSchema, inTime: InTime): Promise<unknown> {
  let result: StandardResult<unknown>;
  let field: string | undefined;
  try {
    const given = schema["~standard"].validate(parsed);
    result = "then" in given ? await inTime(Promise.resolve(given)) : given;
    field = result.issues === undefined ? undefined : fieldOf(result.issues);
    if (field === undefined && !("value" in result)) throw new TypeError("neither issues nor a value");
  } catch {
    throw malformed(secretId, "(whole)", "the schema failed");
  }
  if (field !== undefined) throw malformed(secretId, field, "refused by the schema");
  return (result as { readonly value: unknown }).value;
}

/** What a file leaves at the start of a text, and no JSON begins with. */
const problemOf = (text: string): string =>
  text.startsWith("\uFEFF") ? "not JSON: it begins with a byte order mark" : "not JSON";

/**
 * The version's text as JSON, checked by the schema where there is one. Errors: `secret-malformed`, which names the field
 * and nothing that a validator says, since validators repeat what they were given; `secret-binary`. A number that a double
 * cannot hold comes out rounded, as from every `JSON.parse`; the text itself has all its digits.
 */
export async function parseJson(
  secretId: string,
  { value }: SourceVersion,
  schema: StandardSchema | undefined,
  inTime: InTime,
): Promise<unknown> {
  const text = value.reveal();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed(secretId, "(whole)", problemOf(text));
  }
  return allFrozen(secretId, schema === undefined ? parsed : await validated(secretId, parsed, schema, inTime));
}
