import type { ErrorCode } from "../../errors/codes.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Obstacle } from "../campaign/failing-attempts.ts";
import { atOnce } from "./at-once.ts";
import { obstacles } from "./obstacles.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import type { MirrorView } from "../../ports/mirror.ts";
import type { SecretSummary } from "./secret-summary.ts";

/** `current`: it holds AWSCURRENT. `behind`: another version. `missing`: none of rekey's. `off`: it is not to be there. `left`: and yet it is. */
export type MirrorStanding = {
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
export interface AdoptionStanding {
  readonly state: "everyone" | "some" | "nobody" | "unseen";
  readonly adopted: readonly string[];
  /** Of the tag `rekey:subscribers`, those that have not said so. */
  readonly waitingFor: readonly string[];
}

export interface Standing {
  readonly mirrors: readonly MirrorStanding[];
  /** Absent where there is no table. */
  readonly adoption?: AdoptionStanding;
  /** What is in the way of a rotation that is under way or stuck, where its function's log has it. */
  readonly obstacle?: Obstacle;
}

/** Vault is asked for so many secrets at once. */
const looksAtOnce = 8;

/** Where one cluster stands beside AWSCURRENT. Never fails: a cluster that cannot be seen is `unseen`, with the code. */
async function mirrorStanding(
  view: MirrorView,
  { secretArn, name: secretName, tags, mirrored, versionId }: SecretSummary,
  call: CallOptions,
): Promise<MirrorStanding> {
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

function adoptionOf(subscribers: readonly string[], by: ReadonlyMap<string, unknown>): AdoptionStanding {
  const waitingFor = subscribers.filter((subscriber) => !by.has(subscriber));
  const state = by.size === 0 ? "nobody" : waitingFor.length === 0 ? "everyone" : "some";
  return { state, adopted: [...by.keys()].sort(), waitingFor };
}

async function adoptionsOf(
  { adoptions }: Pick<FleetPorts, "adoptions">,
  secrets: readonly SecretSummary[],
  call: CallOptions,
): Promise<(secret: SecretSummary) => AdoptionStanding | undefined> {
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

/**
 * What a page does not tell by itself, for 100 secrets at most: one read of the adoption table for all of them, one of
 * each Vault cluster for each, and one of the log for each that is being rotated. By ARN. What cannot be seen is said to be so, and is no error.
 */
export async function standings(
  ports: Pick<FleetPorts, "mirrors" | "adoptions" | "log" | "nowMs">,
  secrets: readonly SecretSummary[],
  call: CallOptions,
): Promise<ReadonlyMap<string, Standing>> {
  const adoptionFor = await adoptionsOf(ports, secrets, call);
  const inTheWay = await obstacles(ports, secrets, call);
  const found = await atOnce(looksAtOnce, secrets, async (secret): Promise<[string, Standing]> => {
    const mirrors = await Promise.all(ports.mirrors.map(async (view) => mirrorStanding(view, secret, call)));
    const adoption = adoptionFor(secret);
    const obstacle = inTheWay.get(secret.secretArn);
    return [
      secret.secretArn,
      { mirrors, ...(adoption === undefined ? {} : { adoption }), ...(obstacle === undefined ? {} : { obstacle }) },
    ];
  });
  return new Map(found);
}
