import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../../local/package-root.ts";
import { type CallerAccount, callerAccount } from "../../../shared/aws/sts/caller-account.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type Options, interruptedCode, type Run } from "../../command.ts";
import { flagOption, textOption } from "../../options.ts";
import { print, printError } from "../../output/output.ts";
import { alarmStates } from "./alarm-states.ts";
import { smokeBucket } from "./bucket.ts";
import type { SmokeRun } from "./check-variant.ts";
import { type Check, newChecks } from "./checks.ts";
import { s3Endpoint, smokeClients } from "./clients.ts";
import { mainTemplate, packageFiles } from "./package-files.ts";
import { smokePlanText } from "./plan-text.ts";
import { removeAll } from "./remove-all.ts";
import { smokeReport } from "./report.ts";
import { runSmokeTest } from "./run-smoke-test.ts";
import { newSmokeId, smokeNames } from "./smoke-names.ts";
import { smokeStacks } from "./stacks.ts";
import { smokePlan } from "./variants.ts";
import { coloured, confirmed } from "../../output/terminal.ts";

const colours = { passed: "green", failed: "red", skipped: "yellow" } as const;

const told = ({ name, outcome, seconds, detail }: Check): void =>
  printError(
    `${coloured(colours[outcome], outcome.padEnd(7), process.stderr)}  ${seconds.toFixed(1).padStart(6)} s  ${name}${detail === "" ? "" : `: ${detail}`}`,
  );

/** With `--yes`, the account and the region must be set explicitly, so that no other one is used by mistake. */
function checkPlace(options: Options, { account, region }: CallerAccount): void {
  const named = textOption(options, "account");
  const isNamed = named !== undefined && textOption(options, "region") !== undefined;
  if (flagOption(options, "yes") && !isNamed) {
    const context = { option: "yes", problem: "the account and the region are not named" };
    throw new RekeyError("option-invalid", {
      context,
      hint: `say --account ${account} --region ${region} if you mean these`,
    });
  }
  if (named !== undefined && named !== account) {
    const context = { option: "account", value: named, problem: "these credentials are of another account" };
    throw new RekeyError("option-invalid", { context, hint: "use the credentials of the account that you mean" });
  }
}

const typesOf = async (): Promise<readonly string[]> => {
  const text = await readFile(join(packageRoot, mainTemplate), "utf8");
  const { Resources } = parse(text, { logLevel: "silent" }) as {
    readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
  };
  return Object.values(Resources).map(({ Type }) => Type);
};

/** Deploys everything into a sandbox account, checks it there, and removes it. */
export const run: Run = async (_words, options, context) => {
  const clients = smokeClients();
  const cleanUp = textOption(options, "cleanUp");
  const names = smokeNames(cleanUp ?? newSmokeId());
  const plan = smokePlan(options);
  const at = await callerAccount(clients.sts, context);
  checkPlace(options, at);
  const smokeRun: SmokeRun = {
    clients,
    names,
    plan,
    at,
    bucket: smokeBucket(clients.s3, names.bucket, { ...at, endpoint: s3Endpoint() }),
    stacks: smokeStacks(clients.cloudFormation, names.id),
    alarms: alarmStates(clients.cloudFormation, clients.cloudWatch),
    checks: newChecks(told),
    rotatedBefore: { text: undefined },
  };
  const text =
    cleanUp === undefined
      ? smokePlanText(at, names, plan, await typesOf())
      : [`Account ${at.account}, region ${at.region}: remove what run ${names.id} has left`];
  if (flagOption(options, "dryRun")) {
    print(...text, "", "nothing was made");
    return 0;
  }
  const files = cleanUp === undefined ? await packageFiles(smokeRun.bucket) : undefined;
  if (!(await confirmed(text, flagOption(options, "yes"), context.signal))) return 1;
  if (files === undefined) await removeAll(smokeRun, context);
  else await runSmokeTest(smokeRun, files, context);
  const { all } = smokeRun.checks;
  const facts = { id: names.id, version: context.program.version, region: at.region, account: at.account };
  print(...smokeReport({ ...facts, showAccount: flagOption(options, "showAccount"), checks: all }));
  const isCleanUpLeft = all.some(({ name, outcome }) => name.startsWith("clean-up") && outcome === "failed");
  if (isCleanUpLeft) printError(`something is left: rekey smoke-test --clean-up ${names.id}`);
  if (context.isInterrupted()) return interruptedCode;
  return all.some(({ outcome }) => outcome === "failed") ? 1 : 0;
};
