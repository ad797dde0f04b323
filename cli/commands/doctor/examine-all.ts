import { SQSClient } from "@aws-sdk/client-sqs";
import { awsAccount } from "../../../shared/aws/account/aws-account.ts";
import { unreservedConcurrency } from "../../../shared/aws/lambda/function-facts.ts";
import { examineFleet, type Examination } from "../../../shared/operations/doctor/examine-fleet.ts";
import type { CheckResult } from "../../../shared/operations/doctor/check-results.ts";
import { waitingLetters } from "../../../shared/aws/sqs/waiting-letters.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";
import { environmentProbe } from "../../../shared/runtime/vault-mirror.ts";
import { secretListing } from "../../../shared/aws/secrets-manager/secret-listing.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { type CommandContext, type Options, interruptedCode } from "../../command.ts";
import { accountClients, wireSecret } from "../../wiring/secret-wiring.ts";
import { checkText } from "../../output/status-text.ts";
import { filterOf, flagOption, textOption } from "../../options.ts";
import { print, printJson, roomToPrint } from "../../output/output.ts";
import { progressLine } from "../../output/terminal.ts";
import { defined } from "../../../shared/secrets/defined.ts";

type Verdict = "with errors" | "with warnings" | "healthy";

function verdictOf(findings: readonly CheckResult[]): Verdict {
  if (findings.some(({ severity }) => severity === "error")) return "with errors";
  return findings.length > 0 ? "with warnings" : "healthy";
}

function totals(counts: ReadonlyMap<Verdict, number>): string {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = (["with errors", "with warnings", "healthy"] as const)
    .filter((verdict) => counts.has(verdict))
    .map((verdict) => `${counts.get(verdict)} ${verdict}`);
  return all === 0 ? "no secrets" : `${all} secret${all === 1 ? "" : "s"}: ${parts.join(", ")}`;
}

const titleOf = (examination: Examination): string => (examination.of === "set-up" ? "set-up" : examination.name);

function json(examination: Examination): object {
  const { findings } = examination;
  const secretArn = examination.of === "secret" ? { secretArn: examination.secretArn } : {};
  return { ...secretArn, name: titleOf(examination), findings };
}

function examinations(options: Options, context: CommandContext): AsyncGenerator<Examination> {
  const clients = accountClients();
  const stack = textOption(options, "stack") ?? "rekey";
  const store = secretsManagerStore(clients.secretsManager);
  const mirror = environmentProbe(environmentOf(process.env), store);
  return examineFleet(
    {
      listing: secretListing(clients.secretsManager),
      nowMs: Date.now,
      store,
      account: awsAccount(clients),
      concurrency: unreservedConcurrency(clients.lambda),
      deadLetters: waitingLetters(new SQSClient(operatorLimits), stack),
      ...defined({ mirror }),
      stack,
      rotationFor: async (secretArn, call) => (await wireSecret(secretArn, process.env, call, { clients })).deps,
    },
    filterOf(options),
    context,
  );
}

/** Prints what is found of each secret that was chosen, and of the set-up around them. Returns the exit code. */
export async function examineAll(options: Options, context: CommandContext): Promise<number> {
  const counts = new Map<Verdict, number>();
  const line = progressLine();
  const asJson = flagOption(options, "json");
  let isWrong = false;
  line.show("the set-up …");
  for await (const examination of examinations(options, context)) {
    const { findings } = examination;
    const verdict = verdictOf(findings);
    isWrong ||= verdict === "with errors";
    if (examination.of === "secret") counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    line.clear();
    if (asJson) printJson(json(examination));
    else if (findings.length > 0) print(titleOf(examination), ...findings.flatMap(checkText), "");
    if (counts.size > 0) line.show(`${totals(counts)} …`);
    await roomToPrint();
  }
  line.clear();
  if (!asJson) print(`${context.isInterrupted() ? "interrupted after " : ""}${totals(counts)}`);
  if (context.isInterrupted()) return interruptedCode;
  return isWrong ? 1 : 0;
}
