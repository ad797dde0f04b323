import { RekeyError } from "../errors/rekey-error.ts";
import type { SourceVersion } from "./secret-source.ts";
import type { StandardResult, StandardSchema } from "./standard-schema.ts";

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

function fieldOf(result: Extract<StandardResult<unknown>, { issues: readonly unknown[] }>): string {
  const path = result.issues[0]?.path ?? [];
  return path.map((part) => String(typeof part === "object" ? part.key : part)).join(".") || "(whole)";
}

/**
 * The version's text as JSON, checked by the schema where there is one. Errors: `secret-malformed`, which names the field
 * and nothing that a validator says, since validators repeat what they were given; `secret-binary`. A number that a double
 * cannot hold comes out rounded, as from every `JSON.parse`; the text itself has all its digits.
 */
export async function parseJson(
  secretId: string,
  { value }: SourceVersion,
  schema: StandardSchema | undefined,
): Promise<unknown> {
  const text = value.reveal();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed(secretId, "(whole)", "not JSON");
  }
  if (schema === undefined) return allFrozen(secretId, parsed);
  let result: StandardResult<unknown>;
  try {
    result = await schema["~standard"].validate(parsed);
  } catch {
    throw malformed(secretId, "(whole)", "the schema failed");
  }
  if (result.issues !== undefined) throw malformed(secretId, fieldOf(result), "refused by the schema");
  return allFrozen(secretId, result.value);
}
