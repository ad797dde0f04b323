import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import {
  clusterNames,
  clusterOf,
  parseVaultClusters,
  type VaultClusters,
} from "../../../shared/mirrors/vault-clusters.ts";
import { managedSecrets } from "../../../shared/operations/reconciling/managed-secrets.ts";
import {
  type Migration,
  migrateMirror,
  type MigrationPorts,
} from "../../../shared/operations/mirroring/migrate-mirror.ts";
import type { Mirror, MirrorAudit } from "../../../shared/ports/mirror.ts";
import { environmentCatalogue, environmentStore } from "../../../shared/runtime/aws-clients.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { environmentAudit, environmentMirror } from "../../../shared/runtime/vault-mirror.ts";
import { type Options, interruptedCode, type Run } from "../../command.ts";
import { flagOption, listOption, textOption } from "../../options.ts";
import { print, printJson, roomToPrint } from "../../output/output.ts";
import { coloured } from "../../output/terminal.ts";
import { readConnections } from "../../wiring/operator.ts";

type Kind = "failed" | "move" | "write" | "withdraw";

function kindOf({ error, toWrite, strays }: Migration): Kind {
  if (error !== undefined) return "failed";
  if (!toWrite) return "withdraw";
  return strays.length === 0 ? "write" : "move";
}

function text(migration: Migration, kind: Kind): readonly string[] {
  const { secretName, home, strays, error } = migration;
  if (error !== undefined) return [`${coloured("red", "failed")}    ${secretName}`, `          ${error.message}`];
  const from = strays.length === 0 ? "" : `  from ${strays.join(", ")}`;
  return [`${kind.padEnd(8)}  ${secretName}${from}${kind === "withdraw" ? "" : `  to ${home}`}`];
}

function json({ secretName, home, strays, error }: Migration, kind: Kind): object {
  if (error === undefined) return { secretName, kind, home, strays };
  return { secretName, kind, code: error.code, hint: error.hint };
}

async function portsOf(options: Options): Promise<MigrationPorts> {
  const environment = environmentOf(process.env);
  const setting = (option: string, variable: string): string | undefined =>
    textOption(options, option) ?? environment.text(variable);
  const homes: VaultClusters = parseVaultClusters(
    setting("clusters", "VAULT_CLUSTERS"),
    setting("routes", "VAULT_CLUSTER_ROUTES"),
  );
  const connections = await readConnections(listOption(options, "cluster"));
  const missing = [...clusterNames(homes)].filter((name) => !connections.has(name));
  if (missing.length > 0) {
    const hint = "say --cluster <name>=<file> for each cluster, before and after";
    throw new RekeyError("option-invalid", {
      context: { option: "cluster", problem: `no connection of ${missing.join(", ")}` },
      hint,
    });
  }
  const patterns = environmentOf({ patterns: setting("secrets", "REKEY_SECRETS") }).list("patterns");
  if (patterns.length === 0)
    throw new RekeyError("option-invalid", { context: { option: "secrets", problem: "not set" } });
  const store = environmentStore(environment);
  const clusters = new Map<string, { readonly mirror: Mirror; readonly audit: MirrorAudit }>();
  for (const [name, connection] of connections) {
    const audit = environmentAudit(connection, store);
    if (audit !== undefined) clusters.set(name, { mirror: environmentMirror(connection, store), audit });
  }
  return {
    store,
    catalogue: environmentCatalogue(environment),
    managed: managedSecrets(patterns),
    clusters,
    homeOf: (secret) => clusterOf(secret, homes),
  };
}

/** Moves each mirror to the cluster that it belongs to. */
export const run: Run = async (_words, options, context) => {
  const apply = flagOption(options, "apply");
  const isJson = flagOption(options, "json");
  const counts: Record<Kind, number> = { move: 0, write: 0, withdraw: 0, failed: 0 };
  for await (const migration of migrateMirror(await portsOf(options), { apply, call: context })) {
    const kind = kindOf(migration);
    counts[kind] += 1;
    if (isJson) printJson(json(migration, kind));
    else print(...text(migration, kind));
    await roomToPrint();
  }
  if (!isJson) {
    const { move, write, withdraw, failed } = counts;
    const done = apply ? "done" : "nothing was changed; --apply does it";
    print(`${move} to move, ${write} to write, ${withdraw} to withdraw, ${failed} failed: ${done}`);
  }
  return context.isInterrupted() ? interruptedCode : counts.failed > 0 ? 1 : 0;
};
