import { AwsError } from "../aws/service.ts";
import { flag, integer, invalidParameter, secretIdOf, text, tokenOf } from "./input.ts";
import { isUnfinished } from "./rotation-engine.ts";
import { checkRules } from "./schedule.ts";
import { holderOf, type RotationRules } from "./secret-record.ts";
import type { Input, Operation, Shared } from "./service.ts";

const principal = "secretsmanager.amazonaws.com";

function rulesOf(input: Input): RotationRules | undefined {
  const value = input["RotationRules"];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object") throw new AwsError("SerializationException", "RotationRules is not a structure");
  const members: Input = { ...value };
  const days = integer(members, "AutomaticallyAfterDays", { min: 1, max: 1000 });
  const expression = text(members, "ScheduleExpression", { min: 1, max: 256 });
  const duration = text(members, "Duration", { min: 2, max: 3 });
  return checkRules({
    ...(days === undefined ? {} : { AutomaticallyAfterDays: days }),
    ...(expression === undefined ? {} : { ScheduleExpression: expression }),
    ...(duration === undefined ? {} : { Duration: duration }),
  });
}

export function rotationOperations({
  table,
  engine,
  functions,
  accountId,
  nowMs,
}: Shared): Readonly<Record<string, Operation>> {
  return {
    RotateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const token = tokenOf(input, "InvalidParameterException");
      const rules = rulesOf(input) ?? secret.rotation?.rules;
      const lambdaArn = text(input, "RotationLambdaARN", { max: 2048 }) ?? secret.rotation?.lambdaArn;
      if (lambdaArn === undefined || lambdaArn === "") {
        throw new AwsError(
          "InvalidRequestException",
          "No Lambda rotation function ARN is associated with this secret.",
        );
      }
      if (!functions.mayInvoke(lambdaArn, principal, secret.arn, accountId)) {
        throw new AwsError(
          "AccessDeniedException",
          "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
        );
      }
      if (isUnfinished(secret)) {
        throw new AwsError(
          "InvalidRequestException",
          "A previous rotation isn't complete. That rotation will be reattempted.",
        );
      }
      if (secret.versions.has(token)) throw invalidParameter("The ClientRequestToken is the id of a version already.");
      secret.rotation = {
        enabled: true,
        lambdaArn,
        ...(rules === undefined ? {} : { rules }),
        lastMs: secret.rotation?.lastMs ?? nowMs(),
      };
      engine.schedule(secret);
      if (flag(input, "RotateImmediately") === false) engine.testOnly(secret, token);
      else engine.start(secret, token);
      return { ARN: secret.arn, Name: secret.name, VersionId: token };
    },
    CancelRotateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const { rotation } = secret;
      if (rotation === undefined) {
        throw new AwsError(
          "InvalidRequestException",
          "No Lambda rotation function ARN is associated with this secret.",
        );
      }
      rotation.enabled = false;
      delete rotation.nextMs;
      const pending = isUnfinished(secret) ? holderOf(secret, "AWSPENDING")?.versionId : undefined;
      return { ARN: secret.arn, Name: secret.name, ...(pending === undefined ? {} : { VersionId: pending }) };
    },
  };
}
