import { AwsError, type AwsService } from "./service.ts";

/** GetCallerIdentity, the one operation that tools ask for; like AWS's, it needs no permission. */
export function createSts(): AwsService {
  return {
    name: "sts",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    resources: () => [],
    resourcePolicy: () => ({
      Statement: { Effect: "Allow", Principal: "*", Action: "sts:GetCallerIdentity", Resource: "*" },
    }),
    handle: async ({ operation, principal }) => {
      if (operation !== "GetCallerIdentity") {
        throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2011-06-15`);
      }
      return { body: { Arn: principal.arn, UserId: principal.arn.split("/").at(-1), Account: principal.accountId } };
    },
  };
}
