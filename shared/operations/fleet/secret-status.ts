import type { ErrorCode } from "../../errors/codes.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Obstacle } from "../campaign/failing-attempts.ts";
import { atOnce } from "./at-once.ts";
import { obstacles } from "./obstacles.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import type { MirrorView } from "../../ports/mirror.ts";
import type { SecretSummary } from "./secret-summary.ts";
import { defined } from "../../secrets/defined.ts";

/**
 * What a cluster holds of a secret. Where it should have a mirror, `current`: AWSCURRENT, `behind`: another version, `missing`:
 * none that rekey wrote. Where it should have none, `off`: it has none, `left`: it still has one. `unseen`: it cannot be read.
 */
export type MirrorStatus = {
  readonly cluster: string;
  readonly state: "current" | "behind" | "missing" | "off" | "left" | "unseen";
  readonly path?: string;
  readonly revision?: number;
  readonly versionId?: string;
  /** When Vault made the revision, by its own clock. */
  readonly at?: Date;
  /** Why it is `unseen`. */
  readonly code?: ErrorCode;
};

/** What the adoption table says of AWSCURRENT; `unseen` where it could not be asked. */
export interface AdoptionStatus {
  readonly state: "everyone" | "some" | "nobody" | "unseen";
  readonly adopted: readonly string[];
  /** Of the tag `rekey:subscribers`, those that have not said so. */
  readonly waitingFor: readonly string[];
}

export interface SecretStatus {
  readonly mirrors: readonly MirrorStatus[];
  /** Absent where there is no table. */
  readonly adoption?: AdoptionStatus;
  /** What is in the way of a rotation that is under way or stuck, where its function's log has it. */
  readonly obstacle?: Obstacle;
}

/** For how many secrets Vault is asked at the same time. */
const looksAtOnce = 8;

/** Compares one cluster with AWSCURRENT. Never fails: a cluster that cannot be read is `unseen`, with the code. */
async function mirrorStatus(
  view: MirrorView,
  { secretArn, name: secretName, tags, mirrored, versionId }: SecretSummary,
  call: CallOptions,
): Promise<MirrorStatus> {
  const { cluster } = view;
  try {
    const secret = { secretArn, secretName, tags: new Map(Object.entries(tags)) };
    const { owner, ...held } = await view.look(secret, call);
    if (!mirrored || !view.mirrors(secret))
      return { cluster, state: held.versionId === undefined ? "off" : "left", ...held };
    if (owner !== undefined) return { cluster, state: "unseen", code: "mirror-foreign", ...held };
    if (held.versionId === undefined) return { cluster, state: "missing", ...held };
    return { cluster, state: held.versionId === versionId ? "current" : "behind", ...held };
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return { cluster, state: "unseen", code: error.code };
  }
}

function adoptionOf(subscribers: readonly string[], by: ReadonlyMap<string, unknown>): AdoptionStatus {
  const waitingFor = subscribers.filter((subscriber) => !by.has(subscriber));
  const state = by.size === 0 ? "nobody" : waitingFor.length === 0 ? "everyone" : "some";
  return { state, adopted: [...by.keys()].sort(), waitingFor };
}

/** One read of the table for all of these secrets. Never fails: see `unseen`. */
async function adoptionsOf(
  { adoptions }: Pick<FleetPorts, "adoptions">,
  secrets: readonly SecretSummary[],
  call: CallOptions,
): Promise<(secret: SecretSummary) => AdoptionStatus | undefined> {
  if (adoptions === undefined) return () => undefined;
  const versions = secrets.flatMap(({ secretArn, versionId }) =>
    versionId === undefined ? [] : [{ secretArn, versionId }],
  );
  try {
    const adopted = await adoptions.adopted(versions, call);
    return ({ versionId, subscribers }) => adoptionOf(subscribers, adopted.get(versionId ?? "") ?? new Map());
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return ({ subscribers }) => ({ state: "unseen", adopted: [], waitingFor: subscribers });
  }
}

async function statusOf(
  { mirrors }: Pick<FleetPorts, "mirrors">,
  secret: SecretSummary,
  adoptionFor: (secret: SecretSummary) => AdoptionStatus | undefined,
  call: CallOptions,
): Promise<SecretStatus> {
  const adoption = adoptionFor(secret);
  return {
    mirrors: await Promise.all(mirrors.map(async (view) => mirrorStatus(view, secret, call))),
    ...defined({ adoption }),
  };
}

/** The status of one secret, without what is in the way of its rotation. Never fails. */
export async function secretStatus(
  ports: Pick<FleetPorts, "mirrors" | "adoptions">,
  secret: SecretSummary,
  call: CallOptions,
): Promise<SecretStatus> {
  return statusOf(ports, secret, await adoptionsOf(ports, [secret], call), call);
}

/**
 * The status of 100 secrets at most, by ARN: one read of the adoption table for all of them, one of each Vault cluster for
 * each, and one of the log for each that is being rotated. What cannot be read is `unseen`, and is no error.
 */
export async function secretStatuses(
  ports: Pick<FleetPorts, "mirrors" | "adoptions" | "log" | "nowMs">,
  secrets: readonly SecretSummary[],
  call: CallOptions,
): Promise<ReadonlyMap<string, SecretStatus>> {
  const adoptionFor = await adoptionsOf(ports, secrets, call);
  const inTheWay = await obstacles(ports, secrets, call);
  const found = await atOnce(looksAtOnce, secrets, async (secret): Promise<[string, SecretStatus]> => {
    const status = await statusOf(ports, secret, adoptionFor, call);
    const obstacle = inTheWay.get(secret.secretArn);
    return [secret.secretArn, obstacle === undefined ? status : { ...status, obstacle }];
  });
  return new Map(found);
}
