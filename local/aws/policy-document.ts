import { isMembers } from "../../shared/answers/members.ts";
import { AwsError, type PolicyDocument, type PolicyStatement } from "./service.ts";

const isStatement = (value: unknown): value is PolicyStatement =>
  isMembers(value) && (value["Effect"] === "Allow" || value["Effect"] === "Deny");

/** A policy document. Errors: `MalformedPolicyDocument` for what is none. */
export function asPolicyDocument(value: unknown): PolicyDocument {
  const statement = isMembers(value) ? value["Statement"] : undefined;
  const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  if (statements.length > 0 && statements.every(isStatement)) return { Statement: statements };
  throw new AwsError("MalformedPolicyDocument", "Syntax errors in policy.");
}

/** A policy document from its JSON text. */
export function readPolicyDocument(json: string): PolicyDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    parsed = undefined;
  }
  return asPolicyDocument(parsed);
}
