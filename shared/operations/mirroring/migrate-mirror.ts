import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretStore } from "../../ports/secret-store.ts";
import { isMirrored } from "./is-mirrored.ts";
import type { ManagedSecrets } from "../reconciling/managed-secrets.ts";
import { concernsTheMirror, concernsTheWork } from "../reconciling/error-scope.ts";
import type { Mirror, MirrorAudit, MirroredSecret } from "../../ports/mirror.ts";
import type { SecretCatalogue } from "../../ports/secret-administration.ts";
import { defined } from "../../secrets/defined.ts";

export interface MigrationPorts {
  readonly store: Pick<SecretStore, "describe" | "read">;
  readonly catalogue: SecretCatalogue;
  readonly managed: ManagedSecrets;
  /** Every cluster that holds, or is to hold, a mirror, by its name. */
  readonly clusters: ReadonlyMap<string, { readonly mirror: Mirror; readonly audit: MirrorAudit }>;
  readonly homeOf: (secret: MirroredSecret) => string;
}

/** One secret that is not where it belongs, or not only there. */
export interface Migration {
  readonly secretName: string;
  readonly home: string;
  /** Whether its home lacks what is current. */
  readonly toWrite: boolean;
  /** The clusters that hold a copy and should not. */
  readonly strays: readonly string[];
  /** Why it was left; the others go on. */
  readonly error?: RekeyError;
}

async function look(ports: MigrationPorts, secretArn: string, call: CallOptions) {
  const description = await ports.store.describe(secretArn, call);
  const secret = { secretArn: description.secretArn, secretName: description.name, tags: description.tags };
  const home = ports.homeOf(secret);
  const strays: string[] = [];
  for (const [name, { audit }] of ports.clusters) {
    if (name !== home && (await audit.holding(secret, call)) === "own") strays.push(name);
  }
  const current = isMirrored(description)
    ? await ports.store.read(secretArn, { label: "AWSCURRENT" }, call)
    : undefined;
  const entry = current === undefined ? undefined : { ...secret, ...current };
  const at = ports.clusters.get(home);
  if (at === undefined)
    throw new RekeyError("option-invalid", { context: { option: "cluster", problem: `${home} is not given` } });
  const isHeld = async (): Promise<boolean> => {
    const state = entry === undefined ? "same" : await at.audit.compare(entry, call);
    if (state === "foreign") throw new RekeyError("mirror-foreign", { context: { secret: secretArn, cluster: home } });
    return state === "same" || state === "newer";
  };
  return { secret, home, at, entry, strays, isHeld };
}

async function migrateOne(
  ports: MigrationPorts,
  secretArn: string,
  { apply, call }: { readonly apply: boolean; readonly call: CallOptions },
): Promise<Migration | undefined> {
  const { secret, home, at, entry, strays, isHeld } = await look(ports, secretArn, call);
  const toWrite = !(await isHeld());
  if (!toWrite && strays.length === 0) return undefined;
  if (apply) {
    if (toWrite && entry !== undefined) await at.mirror.write(entry, call);
    if (!(await isHeld())) throw new RekeyError("mirror-conflict", { context: { secret: secretArn, cluster: home } });
    for (const name of strays) await ports.clusters.get(name)?.mirror.withdraw(secret, call);
    if (strays.length > 0 && entry !== undefined && !(await isHeld())) {
      await at.mirror.write(entry, call);
      const problem = `${[home, ...strays].join(", ")} hold the same keys`;
      throw new RekeyError("option-invalid", { context: { option: "cluster", problem } });
    }
  }
  return { secretName: secret.secretName, home, toWrite, strays };
}

/**
 * Brings each managed secret's mirror to the cluster that it belongs to now, after a cluster was added, removed or renamed:
 * what is current is written there, read back, and only then withdrawn from the clusters that it does not belong to. Only
 * what rekey wrote for this very secret is withdrawn, and it can be undeleted; a home that is another secret's, or somebody
 * else's, is left as it is, and so are the copies. Without `apply` it says what it would do. It keeps no state: cut
 * and repeated, it goes on where something is left to do. Yields each secret that is not in place; one that cannot be moved
 * carries its error. Two names of one place are noticed at the first secret, which is brought back. Errors: those that concern every secret, such as `mirror-unavailable`.
 */
export async function* migrateMirror(
  ports: MigrationPorts,
  { apply, call }: { readonly apply: boolean; readonly call: CallOptions },
): AsyncGenerator<Migration> {
  let cursor: string | undefined;
  do {
    const from = { namePrefixes: ports.managed.namePrefixes, ...defined({ cursor }) };
    const page = await ports.catalogue.page(from, call);
    for (const secretArn of page.secretArns.filter(ports.managed.includes)) {
      try {
        const migration = await migrateOne(ports, secretArn, { apply, call });
        if (migration !== undefined) yield migration;
      } catch (error) {
        if (isRekeyError(error, "secret-not-found")) continue; // Deleted since it was listed.
        if (!(error instanceof RekeyError) || concernsTheWork(error) || concernsTheMirror(error)) throw error;
        yield { secretName: secretArn, home: "", toWrite: false, strays: [], error };
        if (error.context["option"] === "cluster") return; // It is wrong for every secret.
      }
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}
