import { externalRotationOf, isRotatedByOthers } from "./external-rotation.ts";
import { flag, limitedText, secretIdOf, tokenOf } from "./input.ts";
import { refusals } from "./messages.ts";
import type { Backend, Operations } from "./operations.ts";
import { hasUnfinishedRotation } from "./rotation-engine.ts";
import { rotationRulesOf } from "./rotation-rules.ts";

const unrotated = { enabled: true, lastRotatedMs: undefined, nextMs: undefined, latest: undefined } as const;

export function rotationOperations({ table, engine, nowMs }: Backend): Operations {
  return {
    /** Everything is checked before anything changes. Repeated with the same token, it answers the same and starts nothing. */
    RotateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const token = tokenOf(input, "InvalidParameterException");
      const rules = rotationRulesOf(input) ?? secret.rotation?.rules;
      const immediately = input["RotateImmediately"] === undefined || flag(input, "RotateImmediately");
      const lambdaArn = limitedText(input, "RotationLambdaARN", { max: 2048 }) ?? secret.rotation?.lambdaArn ?? "";
      const answer = { ARN: secret.arn, Name: secret.name, VersionId: token };
      const external = externalRotationOf(input) ?? secret.rotation?.external;
      if (isRotatedByOthers(secret)) {
        if (immediately) throw refusals.managedRotation();
        secret.rotation = { ...unrotated, lambdaArn: "", external, rules };
        secret.state.changedMs = nowMs();
        return answer;
      }
      if (secret.rotation?.latest?.versionId === token) return answer;
      if (lambdaArn === "") throw refusals.noFunction();
      if (!engine.mayInvoke(secret, lambdaArn)) throw refusals.functionNotInvokable();
      if (hasUnfinishedRotation(secret)) throw refusals.rotationUnfinished();
      if (secret.state.versions.has(token)) throw refusals.tokenTaken("InvalidParameterException", token, secret.arn);

      secret.rotation = {
        enabled: true,
        lambdaArn,
        external,
        rules,
        lastRotatedMs: secret.rotation?.lastRotatedMs,
        nextMs: undefined,
        latest: secret.rotation?.latest,
      };
      secret.state.changedMs = nowMs();
      engine.schedule(secret);
      if (immediately) engine.start(secret, token);
      else engine.test(secret, token);
      return answer;
    },
    CancelRotateSecret(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      if (secret.rotation === undefined) throw refusals.noFunction();
      secret.rotation.enabled = false;
      secret.state.changedMs = nowMs();
      return { ARN: secret.arn, Name: secret.name, VersionId: engine.cancel(secret) };
    },
  };
}
