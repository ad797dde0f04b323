import { RekeyError } from "../shared/errors/rekey-error.ts";
import { fleet } from "../shared/operations/fleet/fleet-page.ts";
import { mirrorFleet, type MirrorEvent } from "../shared/operations/fleet/mirror-fleet.ts";
import type { SecretStore } from "../shared/rotation/ports.ts";
import { secretNameIn } from "../shared/rotation/secret-name.ts";
import { environmentPublisher, environmentStore } from "../shared/runtime/aws-clients.ts";
import { environmentOf } from "../shared/runtime/environment.ts";
import { environmentCluster, environmentMirror } from "../shared/runtime/vault-mirror.ts";
import { type CommandContext, interruptedCode, type Run } from "./command.ts";
import { flagOption } from "./given.ts";
import { operator } from "./operator.ts";
import { print, printJson } from "./output.ts";
import { coloured, progressLine } from "./terminal.ts";

async function* everySecret(call: CommandContext): AsyncGenerator<string> {
  for await (const { secretArn } of fleet(operator(), {}, call)) yield secretArn;
}

/** A name that no secret has is a mistake; an ARN may be of one that is gone, whose mirror is to go, too. */
const mirroredId = async (store: SecretStore, secretId: string, call: CommandContext): Promise<string> =>
  secretId.startsWith("arn:") ? secretId : (await store.describe(secretId, call)).secretArn;

function text(event: MirrorEvent): readonly string[] {
  const name = secretNameIn(event.secretId);
  if (event.outcome === "failed") return [`${coloured("red", "failed")}  ${name}`, `        ${event.error.message}`];
  const revision = event.revision === undefined ? "" : `  revision ${event.revision}, version ${event.versionId ?? ""}`;
  return [`${event.outcome}  ${name}${revision}`];
}

function json(event: MirrorEvent): object {
  if (event.outcome !== "failed") return event;
  const { code, hint } = event.error;
  return { secretId: event.secretId, outcome: event.outcome, code, hint };
}

/** Brings Vault to how secrets stand now. */
export const mirrorCommand: Run = async ([secretId], given, context) => {
  const all = flagOption(given, "all");
  if ((secretId !== undefined) === all) {
    throw new RekeyError("option-invalid", { context: { option: "secret" }, hint: "name one secret, or say --all" });
  }
  const environment = environmentOf(process.env);
  environment.required("VAULT_ADDR");
  const store = environmentStore(environment);
  const cluster = environmentCluster(environment);
  const ports = {
    store,
    mirror: environmentMirror(environment, store),
    publisher: environmentPublisher(environment),
    ...(cluster === undefined ? {} : { cluster }),
  };
  const line = progressLine();
  const counts = new Map<string, number>();
  const named = secretId === undefined ? [] : [await mirroredId(store, secretId, context)];
  for await (const event of mirrorFleet(ports, all ? everySecret(context) : named, context)) {
    counts.set(event.outcome, (counts.get(event.outcome) ?? 0) + 1);
    line.clear();
    if (flagOption(given, "json")) printJson(json(event));
    else if (!all || event.outcome !== "unchanged") print(...text(event));
    if (all) line.show([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", "));
  }
  line.clear();
  if (all && !flagOption(given, "json")) {
    print([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "no secrets");
  }
  return context.isInterrupted() ? interruptedCode : counts.has("failed") ? 1 : 0;
};
