import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { describeIfExists, type SecretStore } from "../../ports/secret-store.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import type { Mirror, MirrorCluster, MirroredSecret } from "../../ports/mirror.ts";
import { secretNameIn } from "../../rotation/secret-name.ts";
import { isMirrored } from "./is-mirrored.ts";
import { defined } from "../../secrets/defined.ts";

export interface Mirrored {
  /** `none`: there is nothing to mirror, and no mirror of rekey's was there. `elsewhere`: another cluster mirrors it. */
  readonly outcome: "written" | "unchanged" | "withdrawn" | "none" | "elsewhere";
  readonly versionId?: string;
  readonly revision?: number;
}

export interface MirrorPorts {
  readonly store: Pick<SecretStore, "describe" | "read">;
  readonly mirror: Mirror;
  readonly publisher: EventPublisher;
  /** Where several clusters share the secrets: the one that `mirror` is. */
  readonly cluster?: MirrorCluster;
  /** Of the Secrets Manager that `store` asks; unless given, it is taken to know every secret. */
  readonly region?: string;
}

interface SecretToMirror {
  readonly secret: MirroredSecret;
  readonly isMirrored: boolean;
  readonly isElsewhere: boolean;
}

/**
 * `undefined`: there is no such secret, and this Secrets Manager is not the one that would know. Of a secret that is gone
 * for good, or that somebody invented, the ARN is all there is; what the mirror has of exactly that ARN goes.
 */
async function secretToMirror(
  ports: MirrorPorts,
  secretId: string,
  call: CallOptions,
): Promise<SecretToMirror | undefined> {
  const found = await describeIfExists(ports.store, secretId, call);
  if (found !== undefined) {
    const { secretArn, name: secretName, tags } = found;
    const secret = { secretArn, secretName, tags };
    return { secret, isMirrored: isMirrored(found), isElsewhere: ports.cluster?.mirrors(secret) === false };
  }
  if (ports.region !== undefined && secretId.split(":")[3] !== ports.region) return undefined;
  const secret = { secretArn: secretId, secretName: secretNameIn(secretId), tags: new Map<string, string>() };
  return { secret, isMirrored: false, isElsewhere: false };
}

async function write(ports: MirrorPorts, secret: MirroredSecret, call: CallOptions): Promise<Mirrored> {
  const { secretArn, secretName } = secret;
  const current = await ports.store.read(secretArn, { label: "AWSCURRENT" }, call);
  if (current === undefined) return { outcome: "none" };
  const { versionId } = current;
  const { revision, written } = await ports.mirror.write({ ...secret, ...current }, call);
  const place = defined({ cluster: ports.cluster?.name });
  await ports.publisher.publish(
    { type: "Secret Mirrored", secretArn, secretName, versionId, revision, written, ...place },
    call,
  );
  return { outcome: written ? "written" : "unchanged", versionId, revision };
}

async function withdraw(ports: MirrorPorts, secret: MirroredSecret, call: CallOptions): Promise<Mirrored> {
  const { withdrawn } = await ports.mirror.withdraw(secret, call);
  return { outcome: withdrawn ? "withdrawn" : "none" };
}

const looks = 3;

/**
 * Brings the mirror to how the secret stands now, whatever event asked for it: a lost, repeated or late event costs time,
 * never correctness. A secret that is deleted, or has the tag `rekey:mirror` at `false`, is withdrawn from the mirror, and
 * comes back with the secret or the tag. After a change it looks again, since another run may have seen the secret before or
 * after it was deleted. Secrets Manager is asked by ARN, and only the mirror of that very ARN is changed, so an event with
 * an invented one changes nothing. Of a secret that is gone for good the tags are unknown, so one that was mirrored at
 * `rekey:vault-path` stays there. Of several clusters each passes over what belongs to another, and all withdraw what is
 * gone for good.
 *
 * Publishes `Secret Mirrored`, also when an earlier run wrote the version: it may have died before it could tell. Errors:
 * those of the ports, `mirror-foreign` where the place is not the secret's; `option-invalid` for a tag; `mirror-conflict`
 * for a secret that is deleted and restored without end.
 */
export async function mirrorCurrent(ports: MirrorPorts, secretId: string, call: CallOptions): Promise<Mirrored> {
  let now = await secretToMirror(ports, secretId, call);
  for (let look = 1; look <= looks; look++) {
    if (now === undefined) return { outcome: "none" };
    if (now.isElsewhere) return { outcome: "elsewhere" };
    const acted: Mirrored = await (now.isMirrored ? write : withdraw)(ports, now.secret, call);
    if (acted.outcome === "unchanged" || acted.outcome === "none") return acted;
    const before: boolean = now.isMirrored;
    now = await secretToMirror(ports, secretId, call);
    if (now?.isMirrored === before) return acted;
  }
  throw new RekeyError("mirror-conflict", { context: { secret: secretId, attempts: looks } });
}
