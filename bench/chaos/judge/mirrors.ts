import { at } from "../../../tests/support/vault-http.ts";
import type { Cluster } from "../clusters.ts";
import type { ManagedSecret, World } from "../world.ts";

export interface Current {
  readonly versionId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function currentOf({ secretsManager }: World, { arn }: ManagedSecret): Promise<Current> {
  const { VersionId = "", SecretString = "" } = await secretsManager.getSecretValue({ SecretId: arn });
  return { versionId: VersionId, fields: JSON.parse(SecretString) };
}

type Fields = Readonly<Record<string, unknown>>;

async function revision(cluster: Cluster, name: string, number?: number): Promise<Fields | undefined> {
  const query = number === undefined ? "" : `?version=${number}`;
  const { status, body } = await cluster.admin("GET", `secret/data/${name}${query}`);
  if (status !== 200 && status !== 404) throw new Error(`${cluster.name} answered ${status} to a read of ${name}`);
  const fields = at(body, "data", "data");
  return typeof fields === "object" && fields !== null ? { ...fields } : undefined;
}

/** A revision that the mirror withdrew holds what it held; nothing is ever destroyed. */
async function evenDeleted(cluster: Cluster, name: string, number: number): Promise<Fields | undefined> {
  const held = await revision(cluster, name, number);
  if (held !== undefined) return held;
  await cluster.admin("POST", `secret/undelete/${name}`, { versions: [number] });
  return revision(cluster, name, number);
}

/** What is wrong with the mirror of a secret; `undefined`: it is what is current. */
async function wrongMirror(world: World, secret: ManagedSecret): Promise<string | undefined> {
  const { versionId, fields } = await currentOf(world, secret);
  const held = await revision(secret.cluster, secret.name);
  if (held === undefined) return `${secret.name} is not in ${secret.cluster.name}`;
  if (held["rekey_version_id"] !== versionId) {
    return `${secret.name} in ${secret.cluster.name} is version ${String(held["rekey_version_id"])}, current is ${versionId}`;
  }
  const wrong = Object.entries(fields).find(([field, value]) => held[field] !== value)?.[0];
  return wrong === undefined ? undefined : `${secret.name} in ${secret.cluster.name} differs in ${wrong}`;
}

export async function wrongMirrors(
  world: World,
  secrets: readonly ManagedSecret[] = world.secrets,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const secret of secrets) {
    const wrong = await wrongMirror(world, secret);
    if (wrong !== undefined) found.push(wrong);
  }
  return found;
}

export interface Histories {
  readonly revisions: number;
  /** An older value came after a newer one. */
  readonly backwards: readonly string[];
  /** Two revisions in a row hold the same version. */
  readonly repeated: readonly string[];
  /** A secret in a cluster that is not its own. */
  readonly strayed: readonly string[];
}

/** Reads every revision of every secret in every cluster, against the order in which Secrets Manager moved AWSCURRENT. */
export async function histories(world: World, promotions: ReadonlyMap<string, readonly string[]>): Promise<Histories> {
  const backwards: string[] = [];
  const repeated: string[] = [];
  const strayed: string[] = [];
  let revisions = 0;
  for (const secret of world.secrets) {
    const order = promotions.get(secret.arn) ?? [];
    for (const cluster of world.clusters) {
      const { body, status } = await cluster.admin("GET", `secret/metadata/${secret.name}`);
      if (status !== 200 && status !== 404) throw new Error(`${cluster.name} answered ${status}`);
      const newest = Number(at(body, "data", "current_version") ?? 0);
      if (newest > 0 && cluster !== secret.cluster) strayed.push(`${secret.name} in ${cluster.name}`);
      let before: number | undefined;
      for (let number = 1; number <= newest; number++) {
        const held = await evenDeleted(cluster, secret.name, number);
        const place = order.indexOf(String(held?.["rekey_version_id"]));
        const where = `${secret.name} in ${cluster.name}, revision ${number}`;
        if (place < 0) backwards.push(`${where} holds what was never current`);
        if (before !== undefined && place < before) backwards.push(`${where} is older than the one before`);
        if (place === before) repeated.push(where);
        before = place;
        revisions += 1;
      }
    }
  }
  return { revisions, backwards, repeated, strayed };
}
