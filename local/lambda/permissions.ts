import type { Members } from "../../shared/answers/members.ts";
import { optionalText, text } from "../aws/members.ts";
import { AwsError, type PolicyDocument, type PolicyStatement } from "../aws/service.ts";

/** The resource policy of one function, statement by statement, as AddPermission writes it. */
export interface Permissions {
  readonly policy: PolicyDocument;
  /** Errors: `ResourceConflictException` for a statement id that is taken. */
  add(input: Members): PolicyStatement;
  /** Errors: `ResourceNotFoundException`. */
  remove(statementId: string): void;
}

function principalOf(name: string): unknown {
  if (name === "*") return "*";
  return name.endsWith(".amazonaws.com") ? { Service: name } : { AWS: name };
}

export function createPermissions(functionArn: string): Permissions {
  const statements = new Map<string, PolicyStatement>();
  return {
    get policy() {
      return { Version: "2012-10-17", Statement: [...statements.values()] };
    },
    add(input) {
      const id = text(input, "StatementId");
      if (statements.has(id)) {
        const message = `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`;
        throw new AwsError("ResourceConflictException", message, 409);
      }
      const sourceAccount = optionalText(input, "SourceAccount");
      const sourceArn = optionalText(input, "SourceArn");
      const statement: PolicyStatement = {
        Sid: id,
        Effect: "Allow",
        Principal: principalOf(text(input, "Principal")),
        Action: text(input, "Action"),
        Resource: functionArn,
        Condition: {
          ...(sourceAccount === undefined ? {} : { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
          ...(sourceArn === undefined ? {} : { ArnLike: { "AWS:SourceArn": sourceArn } }),
        },
      };
      statements.set(id, statement);
      return statement;
    },
    remove(statementId) {
      if (!statements.delete(statementId)) {
        throw new AwsError("ResourceNotFoundException", "No policy is associated with the given resource.", 404);
      }
    },
  };
}
