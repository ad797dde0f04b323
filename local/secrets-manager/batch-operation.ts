import { denial } from "../aws/iam.ts";
import type { Members } from "../../shared/answers/members.ts";
import { AwsError, type AwsCall } from "../aws/service.ts";
import { resourcePolicyOf } from "./resource-policy.ts";
import { asText, limitedList } from "./input.ts";
import { secretFilter } from "./list-filters.ts";
import { invalidParameter } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import { pageOf } from "./pages.ts";
import type { Secret } from "./secret.ts";
import { readValue } from "./versions.ts";

const largestBatch = 20;

/** The batch itself is allowed on `*`; each of its secrets is a GetSecretValue of its own for IAM. */
function checkAccess(caller: AwsCall["principal"], secret: Secret): void {
  const action = "secretsmanager:GetSecretValue";
  const reason = denial({
    caller,
    action,
    resource: secret.arn,
    resourcePolicy: resourcePolicyOf(secret),
    context: { "aws:RequestedRegion": secret.region },
  });
  if (reason === undefined) return;
  throw new AwsError(
    "AccessDeniedException",
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${secret.arn} ${reason}`,
  );
}

export function batchOperation({ table, nowMs }: Backend): Operations {
  function read(id: string, { region, principal }: AwsCall): Members {
    const secret = table(region).open(id);
    checkAccess(principal, secret);
    return readValue(secret, {}, nowMs());
  }

  /** The ids to read, and how to go on. */
  function wanted(
    input: Members,
    region: string,
  ): { readonly page: readonly string[]; readonly NextToken: string | undefined } {
    const ids = limitedList(input, "SecretIdList", { min: 1, max: largestBatch });
    const filters = limitedList(input, "Filters", { min: 1, max: 10 });
    if ((ids === undefined) === (filters === undefined)) {
      throw invalidParameter("Either SecretIdList or Filters must be provided, but not both.");
    }
    if (ids === undefined) {
      const found = table(region).all().filter(secretFilter(input));
      const alive = found.filter(({ deletionMs }) => deletionMs === undefined).map(({ arn }) => arn);
      return pageOf(alive, input, largestBatch);
    }
    if (input["MaxResults"] !== undefined) throw invalidParameter("MaxResults can be used only with Filters.");
    return { page: ids.map((id) => asText("SecretIdList", id, { min: 1, max: 2048 })), NextToken: undefined };
  }

  return {
    BatchGetSecretValue(input, call) {
      const { page, NextToken } = wanted(input, call.region);
      const values: Members[] = [];
      const errors: Members[] = [];
      for (const id of page) {
        try {
          values.push(read(id, call));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          errors.push({ SecretId: id, ErrorCode: error.type, Message: error.message });
        }
      }
      return { SecretValues: values, Errors: errors, NextToken };
    },
  };
}
