import { RekeyError } from "../../errors/reading-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { nameOfThrown } from "../name-of-thrown.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";

export const malformed = (secret: string, problem: string): RekeyError =>
  new RekeyError("source-malformed", { context: { secret, operation: "read", problem } });

/** A value of another copy of this package is one, too. */
const isValue = (value: unknown): value is SecretValue =>
  typeof value === "object" &&
  value !== null &&
  typeof Reflect.get(value, "reveal") === "function" &&
  typeof Reflect.get(value, "bytes") === "function" &&
  Number.isSafeInteger(Reflect.get(value, "length"));

function taken(secret: string, answer: object): SourceAnswer {
  const { versionId, value, createdAt, secretArn, fromReplica } = answer as Readonly<Record<string, unknown>>;
  if (typeof versionId !== "string" || versionId === "") throw malformed(secret, "no versionId");
  if (!isValue(value)) throw malformed(secret, "no value");
  const isDated = createdAt instanceof Date && !Number.isNaN(createdAt.getTime());
  if (createdAt !== undefined && createdAt !== null && !isDated) throw malformed(secret, "createdAt is no time");
  return {
    versionId,
    value,
    ...(isDated && { createdAt }),
    ...(typeof secretArn === "string" && { secretArn }),
    ...(fromReplica === true && { fromReplica }),
  };
}

/**
 * What a source gave, as the client takes it; a source is the service's own code and may give anything. Errors:
 * `source-malformed`.
 */
export function checkedAnswer(secret: string, answer: unknown): SourceAnswer | undefined {
  if (answer === undefined) return undefined;
  if (typeof answer !== "object" || answer === null) throw malformed(secret, "not an object");
  try {
    return taken(secret, answer);
  } catch (error) {
    if (error instanceof RekeyError) throw error;
    throw malformed(secret, `a property threw: ${nameOfThrown(error)}`);
  }
}
