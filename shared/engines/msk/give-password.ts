import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type ErrorContext, isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { parseFields } from "../../secrets/secret-fields.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { MskSecrets } from "./engine-options.ts";
import type { UserSecret } from "./user-secrets.ts";

/** How long a password is waited for. */
export interface Patience {
  readonly pollMs: number;
  readonly takenWithinMs: number;
}

/** Source: "Working with users" in MSK's guide, and "Limitations when using SCRAM secrets". */
const whatMskNeeds =
  "MSK takes a password up to 10 minutes after its secret has it, and only of a secret that is associated with the cluster (BatchAssociateScramSecret), has a customer managed key, and is in the cluster's account and region";

/**
 * Names the version that it replaces. Two writes of one state are one or a conflict, so that one which comes late never
 * overwrites what another rotation has put since.
 */
const successorOf = ({ arn, version }: UserSecret): string =>
  createHash("sha256").update(`${arn} ${version.versionId}`, "utf8").digest("hex");

const conflict = (context: ErrorContext): RekeyError =>
  new RekeyError("version-conflict", {
    context,
    hint: "another rotation has written this secret of MSK's, or somebody moved its AWSCURRENT back: where no rotation is under way, put its value into a new version, and rotate again",
  });

/**
 * Makes the password the current one of MSK's secret of its user. Returns since when it is that. Idempotent. Errors:
 * `version-conflict`, those of the store.
 */
export async function givePassword(
  secrets: MskSecrets,
  idle: UserSecret,
  { password }: Credential,
  call: CallOptions,
): Promise<Date> {
  if (idle.login.password.equals(password)) return idle.version.createdAt;
  const versionId = successorOf(idle);
  const value = new SecretValue(JSON.stringify({ ...parseFields(idle.version.value), password: password.reveal() }));
  try {
    await secrets.putLabelled(idle.arn, { versionId, value, label: "AWSCURRENT" }, call);
  } catch (error) {
    if (!isRekeyError(error, "version-conflict")) throw error;
    throw conflict(error.context);
  }
  // Secrets Manager answers a write that it had before without moving a label.
  const written = await secrets.read(idle.arn, { label: "AWSCURRENT" }, call);
  if (written?.versionId !== versionId) throw conflict({ secret: idle.arn, version: versionId });
  return written.createdAt;
}

/**
 * Logs in until MSK has taken the password. Errors: `time-budget-spent`, where the next invocation goes on;
 * `credential-refused` for a password that MSK should have taken long since; those of the login.
 */
export async function untilTaken(
  logsIn: () => Promise<boolean>,
  { arn, login }: UserSecret,
  since: Date,
  { pollMs, takenWithinMs }: Patience,
  { signal }: CallOptions,
): Promise<void> {
  const context = { user: login.username, secret: arn };
  while (!(await logsIn())) {
    if (Date.now() - since.getTime() > takenWithinMs) {
      const problem = "MSK has not taken the password from this secret";
      throw new RekeyError("credential-refused", {
        context: { ...context, problem },
        hint: `${whatMskNeeds}; the services' secret is unchanged`,
      });
    }
    await wait(pollMs, undefined, { signal }).catch(() => {
      throw new RekeyError("time-budget-spent", {
        context: { operation: "wait for MSK to take the password", ...context },
        hint: `${whatMskNeeds}; the step is repeated and goes on from there`,
      });
    });
  }
}
