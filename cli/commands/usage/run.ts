import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { STSClient } from "@aws-sdk/client-sts";
import { stackResources } from "../../../shared/aws/cloudformation/stack-resources.ts";
import { recordedReads } from "../../../shared/aws/cloudtrail/recorded-reads.ts";
import { callerAccount } from "../../../shared/aws/sts/caller-account.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type SecretUsage, usageOfSecret, type UsagePorts } from "../../../shared/operations/usage/usage-of-secret.ts";
import { sharedUsers } from "../../../shared/operations/usage/shared-users.ts";
import type { ListedSecret } from "../../../shared/ports/secret-administration.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";
import { defined } from "../../../shared/secrets/defined.ts";
import type { CommandContext, Run } from "../../command.ts";
import { filterOf, flagOption, numberOption, textOption } from "../../options.ts";
import { columns } from "../../output/columns.ts";
import { print, printJson, printLines, roomToPrint } from "../../output/output.ts";
import { progressLine } from "../../output/terminal.ts";
import { instant } from "../../output/times.ts";
import { operator } from "../../wiring/operator.ts";

async function ownRoles(stack: string, call: CommandContext): Promise<UsagePorts["own"]> {
  const resources = await stackResources(new CloudFormationClient(operatorLimits), stack, call);
  const roles = resources.filter(({ type }) => type === "AWS::IAM::Role").map(({ name }) => name);
  const { account } = await callerAccount(new STSClient(operatorLimits), call);
  return { account, roles: new Set(roles) };
}

async function* listed(
  { listing }: Pick<ReturnType<typeof operator>, "listing">,
  filter: ReturnType<typeof filterOf>,
  call: CommandContext,
): AsyncGenerator<ListedSecret> {
  let cursor: string | undefined;
  do {
    const page = await listing.page(filter, { limit: 100, ...defined({ cursor }) }, call);
    yield* page.secrets.filter(({ deletedAt }) => deletedAt === undefined);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const cells = ({ name, use, isCovered, code, readers }: SecretUsage): readonly string[] => {
  const [last] = readers;
  return [
    name,
    code === undefined ? use : `${use}: ${code}`,
    isCovered ? "covered" : "none",
    last === undefined ? "-" : instant(last.lastAt),
    readers.map(({ principal, count }) => `${principal} (${count})`).join(", ") || "-",
  ];
};

/** What `--compare-users` adds: a line for each secret that shares its user, and one for what could not be compared. */
async function compareUsers(rows: readonly SecretUsage[], asJson: boolean, call: CommandContext): Promise<number> {
  const store = secretsManagerStore(new SecretsManagerClient(operatorLimits));
  const names = new Map(rows.map(({ secretArn, name }) => [secretArn, name]));
  const { sharedWith, skipped } = await sharedUsers(store, [...names.keys()], call);
  const nameOf = (secretArn: string): string => names.get(secretArn) ?? secretArn;
  for (const [secretArn, others] of sharedWith) {
    if (asJson) printJson({ secretArn, name: nameOf(secretArn), sameUserAs: others });
    else print(`${nameOf(secretArn)} has the same database user as ${others.map(nameOf).join(", ")}`);
  }
  if (asJson) printJson({ notCompared: skipped });
  else if (skipped.length > 0) print(`not compared: ${skipped.map(nameOf).join(", ")}`);
  return sharedWith.size;
}

/** Prints which secrets are read, by whom, and which no rotation covers. */
export const run: Run = async (_words, options, context) => {
  const days = numberOption(options, "days") ?? 90;
  if (!(days >= 1 && days <= 3_650)) {
    const hint = "use days, 1 to 3650";
    throw new RekeyError("option-invalid", { context: { option: "days", value: days }, hint });
  }
  const { nowMs, pause, listing } = operator();
  const own = await ownRoles(textOption(options, "stack") ?? "rekey", context);
  const reads = recordedReads(new CloudTrailClient(operatorLimits), { nowMs, pause });
  const rows: SecretUsage[] = [];
  const progress = progressLine();
  for await (const secret of listed({ listing }, filterOf(options), context)) {
    const row = await usageOfSecret({ reads, own, nowMs }, secret, days, context);
    rows.push(row);
    if (flagOption(options, "json")) printJson(row);
    else progress.show(`${rows.length} secrets …`);
    await roomToPrint();
  }
  progress.clear();
  if (!flagOption(options, "json")) {
    const head = ["NAME", "USE", "ROTATION", "LAST READ", "READ BY"];
    if (rows.length === 0) print("no secrets");
    else printLines(columns([head, ...rows.map(cells)], "left"));
  }
  const asJson = flagOption(options, "json");
  const shared = flagOption(options, "compareUsers") ? await compareUsers(rows, asJson, context) : 0;
  const isBad = shared > 0 || rows.some(({ use, isCovered }) => use === "unread" || !isCovered);
  return flagOption(options, "check") && isBad ? 1 : 0;
};
