import { SQSClient } from "@aws-sdk/client-sqs";
import { awsAccount } from "../../../shared/aws/account/aws-account.ts";
import { unreservedConcurrency } from "../../../shared/aws/lambda/unreserved-concurrency.ts";
import { examineFleet, type Examination } from "../../../shared/operations/doctor/examine-fleet.ts";
import type { Finding } from "../../../shared/operations/doctor/findings.ts";
import { waitingLetters } from "../../../shared/aws/sqs/waiting-letters.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { operatorLimits } from "../../../shared/runtime/operator-limits.ts";
import { environmentProbe } from "../../../shared/runtime/vault-mirror.ts";
import { secretListing } from "../../../shared/aws/secrets-manager/secret-listing.ts";
import { secretsManagerStore } from "../../../shared/aws/secrets-manager/secret-store.ts";
import { type CommandContext, type Given, interruptedCode } from "../../command.ts";
import { accountClients, composeFor } from "../../wiring/secret-wiring.ts";
import { findingText } from "../../output/finding-text.ts";
import { filterOf, flagOption, textOption } from "../../options.ts";
import { print, printJson, roomToPrint } from "../../output/output.ts";
import { progressLine } from "../../output/terminal.ts";

type Standing = "with errors" | "with warnings" | "healthy";

function standingOf(findings: readonly Finding[]): Standing {
  if (findings.some(({ severity }) => severity === "error")) return "with errors";
  return findings.length > 0 ? "with warnings" : "healthy";
}

function totals(counts: ReadonlyMap<Standing, number>): string {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = (["with errors", "with warnings", "healthy"] as const)
    .filter((standing) => counts.has(standing))
    .map((standing) => `${counts.get(standing)} ${standing}`);
  return all === 0 ? "no secrets" : `${all} secret${all === 1 ? "" : "s"}: ${parts.join(", ")}`;
}

const nameOf = (examination: Examination): string => (examination.of === "set-up" ? "set-up" : examination.name);

function json(examination: Examination): object {
  const { findings } = examination;
  const secretArn = examination.of === "secret" ? { secretArn: examination.secretArn } : {};
  return { ...secretArn, name: nameOf(examination), findings };
}

function examinations(given: Given, context: CommandContext): AsyncGenerator<Examination> {
  const clients = accountClients();
  const store = secretsManagerStore(clients.secretsManager);
  const mirror = environmentProbe(environmentOf(process.env), store);
  return examineFleet(
    {
      listing: secretListing(clients.secretsManager),
      nowMs: Date.now,
      store,
      account: awsAccount(clients),
      concurrency: unreservedConcurrency(clients.lambda),
      deadLetters: waitingLetters(new SQSClient(operatorLimits), textOption(given, "stack") ?? "rekey"),
      ...(mirror === undefined ? {} : { mirror }),
      rotationFor: async (secretArn, call) => (await composeFor(secretArn, process.env, call, { clients })).deps,
    },
    filterOf(given),
    context,
  );
}

/** Prints what is found of each secret that was chosen, and of the set-up around them. Returns the exit code. */
export async function examineAll(given: Given, context: CommandContext): Promise<number> {
  const counts = new Map<Standing, number>();
  const line = progressLine();
  const asJson = flagOption(given, "json");
  let isWrong = false;
  line.show("the set-up …");
  for await (const examination of examinations(given, context)) {
    const { findings } = examination;
    const standing = standingOf(findings);
    isWrong ||= standing === "with errors";
    if (examination.of === "secret") counts.set(standing, (counts.get(standing) ?? 0) + 1);
    line.clear();
    if (asJson) printJson(json(examination));
    else if (findings.length > 0) print(nameOf(examination), ...findings.flatMap(findingText), "");
    if (counts.size > 0) line.show(`${totals(counts)} …`);
    await roomToPrint();
  }
  line.clear();
  if (!asJson) print(`${context.isInterrupted() ? "interrupted after " : ""}${totals(counts)}`);
  if (context.isInterrupted()) return interruptedCode;
  return isWrong ? 1 : 0;
}
