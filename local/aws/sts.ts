import { denial } from "./iam.ts";
import { optionalInteger, optionalText, text } from "./members.ts";
import type { Principals } from "./principals.ts";
import { AwsError, type AwsCall, type AwsReply, type AwsService } from "./service.ts";

/** GetCallerIdentity, which like AWS's needs no permission, and AssumeRole, which the role's trust policy must allow as well. */
export function createSts(principals: Principals): AwsService {
  const assumeRole = ({ input, principal, region }: AwsCall): AwsReply => {
    const roleArn = text(input, "RoleArn");
    const sessionName = text(input, "RoleSessionName");
    if (!/^[\w+=,.@-]{2,64}$/u.test(sessionName)) {
      throw new AwsError("ValidationError", "The requested role session name is not valid.");
    }
    const role = principals.roleAt(roleArn);
    const reason = denial({
      caller: principal,
      action: "sts:AssumeRole",
      resource: roleArn,
      resourcePolicy: role?.trust,
      needsResourcePolicy: true,
      context: {
        "aws:RequestedRegion": region,
        "sts:ExternalId": optionalText(input, "ExternalId"),
        "sts:RoleSessionName": sessionName,
      },
    });
    if (role === undefined || reason !== undefined) {
      const message = `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
      throw new AwsError("AccessDenied", message, 403);
    }
    const { name, accountId, policies } = role;
    const { accessKeyId, ...keys } = principals.assumeRole(name, sessionName, policies, {}, accountId);
    const seconds = optionalInteger(input, "DurationSeconds") ?? 3600;
    return {
      body: {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: keys.secretAccessKey,
          SessionToken: keys.sessionToken,
          Expiration: new Date(Date.now() + seconds * 1000).toISOString(),
        },
        AssumedRoleUser: {
          Arn: principals.find(accessKeyId)?.principal.arn,
          AssumedRoleId: `${accessKeyId}:${sessionName}`,
        },
      },
    };
  };

  return {
    name: "sts",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    resources: () => [],
    // AssumeRole is decided above, with the role's trust policy.
    resourcePolicy: () => ({ Statement: { Effect: "Allow", Principal: "*", Action: "sts:*", Resource: "*" } }),
    async handle(call) {
      const { operation, principal } = call;
      if (operation === "AssumeRole") return assumeRole(call);
      if (operation === "GetCallerIdentity") {
        return { body: { Arn: principal.arn, UserId: principal.arn.split("/").at(-1), Account: principal.accountId } };
      }
      throw new AwsError("InvalidAction", `Could not find operation ${operation} for version 2011-06-15`);
    },
  };
}
