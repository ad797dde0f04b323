import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { fleet } from "../../../shared/operations/fleet/fleet-page.ts";
import { mirrorFleet, type MirrorEvent } from "../../../shared/operations/mirroring/mirror-fleet.ts";
import type { Mirror } from "../../../shared/ports/mirror.ts";
import type { SecretStore } from "../../../shared/ports/secret-store.ts";
import { secretNameIn } from "../../../shared/rotation/secret-name.ts";
import { environmentPublisher, environmentStore } from "../../../shared/runtime/aws-clients.ts";
import { type Environment, environmentOf } from "../../../shared/runtime/environment.ts";
import { environmentCluster, environmentMirror, environmentViews } from "../../../shared/runtime/vault-mirror.ts";
import { type CommandContext, interruptedCode, type Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { operator } from "../../wiring/operator.ts";
import { print, printJson, roomToPrint } from "../../output/output.ts";
import { coloured, confirmed, progressLine } from "../../output/terminal.ts";
import { defined } from "../../../shared/secrets/defined.ts";

async function* everySecret(call: CommandContext): AsyncGenerator<string> {
  for await (const { secretArn } of fleet(operator(), {}, call)) yield secretArn;
}

/** An unknown name is a mistake. An unknown ARN may belong to a deleted secret, whose mirror is to be withdrawn. */
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

interface Connected {
  readonly environment: Environment;
  readonly store: SecretStore;
}

/** What Vault holds at the secret's path now, and which secret owns it. */
async function takeOverText(
  { environment, store }: Connected,
  secretId: string,
  call: CommandContext,
): Promise<readonly string[]> {
  const { secretArn, name: secretName, tags } = await store.describe(secretId, call);
  const seen = await Promise.all(
    environmentViews(environment, store, new Map()).map(async (view) => {
      const { path, revision, owner, versionId } = await view.look({ secretArn, secretName, tags }, call);
      const whose = owner ?? (versionId === undefined ? "nobody known" : `nobody recorded, with version ${versionId}`);
      return revision === 0
        ? `  ${path}: nothing was ever written there`
        : `  ${path}: revision ${revision}, of ${whose}`;
    }),
  );
  return [`Take over for ${secretArn}, for good:`, ...seen];
}

const takingOver = (mirror: Mirror): Mirror => ({
  ...mirror,
  write: async (entry, call) => mirror.write(entry, call, { takesOver: true }),
});

/** Writes the current values to Vault. */
export const run: Run = async ([secretId], options, context) => {
  const all = flagOption(options, "all");
  if ((secretId !== undefined) === all) {
    throw new RekeyError("option-invalid", { context: { option: "secret" }, hint: "name one secret, or say --all" });
  }
  const takesOver = flagOption(options, "takeOver");
  if (takesOver && secretId === undefined) {
    throw new RekeyError("option-invalid", { context: { option: "take-over" }, hint: "name the one secret" });
  }
  const environment = environmentOf(process.env);
  environment.required("VAULT_ADDR");
  const store = environmentStore(environment);
  const cluster = environmentCluster(environment);
  if (takesOver && secretId !== undefined) {
    const what = await takeOverText({ environment, store }, secretId, context);
    if (!(await confirmed(what, flagOption(options, "yes"), context.signal))) return 1;
  }
  const mirror = environmentMirror(environment, store);
  const ports = {
    store,
    mirror: takesOver ? takingOver(mirror) : mirror,
    publisher: environmentPublisher(environment),
    ...defined({ cluster }),
  };
  const line = progressLine();
  const counts = new Map<string, number>();
  const named = secretId === undefined ? [] : [await mirroredId(store, secretId, context)];
  for await (const event of mirrorFleet(ports, all ? everySecret(context) : named, context)) {
    counts.set(event.outcome, (counts.get(event.outcome) ?? 0) + 1);
    line.clear();
    if (flagOption(options, "json")) printJson(json(event));
    else if (!all || event.outcome !== "unchanged") print(...text(event));
    if (all) line.show([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", "));
    await roomToPrint();
  }
  line.clear();
  if (all && !flagOption(options, "json")) {
    print([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "no secrets");
  }
  return context.isInterrupted() ? interruptedCode : counts.has("failed") ? 1 : 0;
};
