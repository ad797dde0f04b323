import type { CallOptions } from "../../ports/call.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import type { VersionFacts } from "../../ports/secret-administration.ts";
import { type SecretSummary, summaryOf } from "./secret-summary.ts";
import { type SecretStatus, secretStatus } from "./secret-status.ts";
import { defined } from "../../secrets/defined.ts";

export interface SubscriberStatus {
  readonly name: string;
  /** Whether the tag `rekey:subscribers` names it. */
  readonly expected: boolean;
  /** The newest version that it has said it uses; absent: none of those that are there. */
  readonly versionId?: string;
  /** When that was first noted; absent also for what was noted before times were kept. */
  readonly adoptedAt?: Date;
}

export interface SecretDetails extends SecretStatus {
  readonly summary: SecretSummary;
  readonly regionsBehind: readonly string[];
  /** Newest first. */
  readonly versions: readonly VersionFacts[];
  readonly subscribers: readonly SubscriberStatus[];
}

async function subscribersOf(
  { adoptions }: Pick<FleetPorts, "adoptions">,
  { secretArn, subscribers }: SecretSummary,
  versions: readonly VersionFacts[],
  call: CallOptions,
): Promise<readonly SubscriberStatus[]> {
  const newest = new Map<string, Pick<SubscriberStatus, "versionId" | "adoptedAt">>();
  try {
    const keys = versions.map(({ versionId }) => ({ secretArn, versionId }));
    const adopted = await adoptions?.adopted(keys, call);
    for (const { versionId } of versions.toReversed()) {
      for (const [name, at] of adopted?.get(versionId) ?? []) {
        newest.set(name, { versionId, ...defined({ adoptedAt: at }) });
      }
    }
  } catch (error) {
    if (!isRekeyError(error)) throw error;
  }
  return [...new Set([...subscribers, ...newest.keys()])].map((name) => ({
    name,
    expected: subscribers.includes(name),
    ...newest.get(name),
  }));
}

/** One secret in full: its versions, each Vault cluster, each subscriber. No value is read. Errors: those of the store. */
export async function secretDetails(
  ports: Pick<FleetPorts, "store" | "administration" | "mirrors" | "adoptions" | "nowMs">,
  secretId: string,
  call: CallOptions,
): Promise<SecretDetails> {
  const description = await ports.store.describe(secretId, call);
  const { secretArn, replicas = new Map<string, string>() } = description;
  const regionsBehind = [...replicas].flatMap(([region, state]) => (state === "InSync" ? [] : [region]));
  const versions = await ports.administration.versions(secretArn, call);
  const createdAt = versions.at(-1)?.createdAt;
  const summary = summaryOf({ ...description, ...defined({ createdAt }) }, ports.nowMs());
  const [status, subscribers] = await Promise.all([
    secretStatus(ports, summary, call),
    subscribersOf(ports, summary, versions, call),
  ]);
  return { summary, regionsBehind, versions, subscribers, ...status };
}
