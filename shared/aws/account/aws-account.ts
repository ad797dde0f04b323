import { type IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { ListSecretsCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Account, RotatedSecret } from "../../ports/account.ts";

export interface AccountClients {
  readonly lambda: LambdaClient;
  readonly iam: IAMClient;
  readonly secretsManager: SecretsManagerClient;
}

/**
 * The account around a secret, over the AWS SDK. Every question may be refused or unanswered: then the answer is
 * `undefined`, and the doctor says what it could not check.
 */
export function awsAccount({ lambda, iam, secretsManager }: AccountClients): Account {
  const attempt = async <Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await ask();
    } catch {
      return undefined;
    }
  };
  return {
    rotationFunction: async (FunctionName, { signal }) =>
      attempt(async () => {
        const command = new GetFunctionConfigurationCommand({ FunctionName });
        const { Timeout = 3, Role = "", Environment } = await lambda.send(command, { abortSignal: signal });
        const environment = new Map(Object.entries(Environment?.Variables ?? {}));
        return { timeoutMs: Timeout * 1000, roleArn: Role, environment };
      }),
    deniedActions: async (PolicySourceArn, { actions, resourceArn, conditions }, { signal }) =>
      attempt(async () => {
        const command = new SimulatePrincipalPolicyCommand({
          PolicySourceArn,
          ActionNames: [...actions],
          ResourceArns: [resourceArn],
          // A condition whose key is not told does not hold.
          ContextEntries: Object.entries(conditions).map(([ContextKeyName, value]) => ({
            ContextKeyName,
            ContextKeyValues: [value],
            ContextKeyType: "string",
          })),
        });
        const { EvaluationResults = [] } = await iam.send(command, { abortSignal: signal });
        return EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== "allowed").map(
          ({ EvalActionName = "" }) => EvalActionName,
        );
      }),
    rotatedSecrets: async (limit, { signal }) =>
      attempt(async () => {
        const rotated: RotatedSecret[] = [];
        let NextToken: string | undefined;
        do {
          const page = await secretsManager.send(new ListSecretsCommand({ MaxResults: 100, NextToken }), {
            abortSignal: signal,
          });
          for (const { ARN, RotationEnabled, RotationLambdaARN } of page.SecretList ?? []) {
            if (ARN === undefined || RotationEnabled !== true) continue;
            rotated.push({ secretArn: ARN, functionArn: RotationLambdaARN });
          }
          NextToken = page.NextToken;
        } while (NextToken !== undefined && rotated.length < limit);
        return rotated.slice(0, limit);
      }),
  };
}
