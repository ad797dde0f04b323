import type { RequestRecord } from "../../local/aws/front.ts";
import type { Stack } from "../../local/stack.ts";

/** Reads of values by anybody but the deployed functions: the mirror, for one, reads a new value in its own time. */
export const valueReads = ({ aws }: Pick<Stack, "aws">): readonly RequestRecord[] =>
  aws.requests.filter(
    ({ operation, principalArn }) => operation === "GetSecretValue" && !principalArn.includes(":assumed-role/"),
  );
