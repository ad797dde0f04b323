import type { AwsCall } from "../aws/service.ts";
import type { SecretsManager } from "./service.ts";

const accountIn = (arn: unknown): string | undefined =>
  typeof arn === "string" && arn.startsWith("arn:") ? arn.split(":")[4] : undefined;

/**
 * Secrets Manager of several accounts behind one endpoint, as AWS's is: a secret's ARN says whose it is, its name alone means
 * the caller's account. Another account than `home` is there once somebody asks for it.
 */
export function secretsManagerOfAccounts(home: string, make: (accountId: string) => SecretsManager): SecretsManager {
  const accounts = new Map<string, SecretsManager>();
  const listeners = new Set<Parameters<SecretsManager["onStep"]>[0]>();
  const of = (accountId: string): SecretsManager => {
    const known = accounts.get(accountId);
    if (known !== undefined) return known;
    const made = make(accountId);
    made.onStep((report) => {
      for (const listener of listeners) listener(report);
    });
    accounts.set(accountId, made);
    return made;
  };
  const ofCall = ({ input, principal }: AwsCall): SecretsManager =>
    of(accountIn(input["SecretId"]) ?? principal.accountId);
  const ofSecret = (secretId: string): SecretsManager => of(accountIn(secretId) ?? home);

  return {
    ...of(home),
    resources: (call) => ofCall(call).resources(call),
    conditionKeys: (call) => ofCall(call).conditionKeys?.(call) ?? {},
    resourcePolicy: (arn) => ofSecret(arn).resourcePolicy?.(arn),
    handle: async (call) => ofCall(call).handle(call),
    async idle() {
      await Promise.all([...accounts.values()].map(async (account) => account.idle()));
    },
    onStep(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    holdReplica: (secretArn, region) => ofSecret(secretArn).holdReplica(secretArn, region),
    lastRotation: (secretId) => ofSecret(secretId).lastRotation(secretId),
  };
}
