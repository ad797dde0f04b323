import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import {
  type Adoption,
  type AdoptionPlan,
  adoptSecret,
  planAdoption,
} from "../../../shared/operations/by-hand/adopt-secret.ts";
import type { RotationSchedule } from "../../../shared/ports/secret-administration.ts";
import { adoptDelivery, planDelivery } from "../../../shared/operations/by-hand/adopt-delivery.ts";
import { checkRotatedHere } from "../../../shared/operations/by-hand/operator-request.ts";
import type { DeliveryPorts } from "../../../shared/operations/doctor/check-delivery.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import type { SecretDescription } from "../../../shared/ports/secret-store.ts";
import { parseKeyValue } from "../../../shared/operations/fleet/fleet-view.ts";
import { deliveryPorts } from "../../wiring/delivery-wiring.ts";
import { wireSecret } from "../../wiring/secret-wiring.ts";
import type { Options, Run } from "../../command.ts";
import { checkText } from "../../output/status-text.ts";
import { flagOption, listOption, numberOption, textOption } from "../../options.ts";
import { operator } from "../../wiring/operator.ts";
import { print, printJson } from "../../output/output.ts";
import { confirmed } from "../../output/terminal.ts";

function scheduleOf(options: Options): RotationSchedule {
  const expression = textOption(options, "schedule");
  const everyDays = numberOption(options, "every");
  if (expression !== undefined && everyDays !== undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: "schedule" },
      hint: "say --every or --schedule, not both",
    });
  }
  return expression === undefined ? { everyDays: everyDays ?? 30 } : { expression };
}

/** The stack's function for the engine, in the secret's own account and region: its name is the stack's and the folder's. */
function functionOf(secretArn: string, stack: string, folder: string): string {
  const [, partition, , region, account] = secretArn.split(":");
  return `arn:${partition}:lambda:${region}:${account}:function:${stack}-${folder}`;
}

const tagsOf = (options: Options): ReadonlyMap<string, string> =>
  new Map(listOption(options, "tag").map((text) => [parseKeyValue(text).key, parseKeyValue(text).value ?? ""]));

const text = ({ secretArn, actions, findings }: AdoptionPlan): readonly string[] => [
  ...findings.flatMap(checkText),
  ...(findings.length > 0 ? [""] : []),
  `Adopt ${secretArn}:`,
  ...actions.map((action) => `  ${action}`),
];

interface Adopting {
  readonly plan: () => Promise<AdoptionPlan>;
  readonly adopt: () => Promise<AdoptionPlan & { readonly outcome: "adopted" | "refused" }>;
}

const ofRotation = ["function", "every", "schedule"] as const;

/** Of a secret that others manage. Errors: `rotated-elsewhere` where a rotation by rekey is asked for. */
function deliveryOf(
  delivery: DeliveryPorts,
  described: SecretDescription,
  options: Options,
  call: CallOptions,
): Adopting {
  const { secretArn } = described;
  if (ofRotation.some((option) => textOption(options, option) !== undefined)) checkRotatedHere(described);
  const ports = { delivery, administration: operator().administration };
  const tags = tagsOf(options);
  return {
    plan: async () => planDelivery(ports, secretArn, tags, call),
    adopt: async () => adoptDelivery(ports, secretArn, tags, call),
  };
}

async function rotationOf(secretId: string, stack: string, options: Options, context: CallOptions): Promise<Adopting> {
  const functionToBe = (secretArn: string, folder: string): string =>
    textOption(options, "function") ?? functionOf(secretArn, stack, folder);
  const { examined, folder, secretArn } = await wireSecret(secretId, process.env, context, { functionToBe });
  const adoption: Adoption = {
    functionArn: functionToBe(secretArn, folder),
    schedule: scheduleOf(options),
    tags: tagsOf(options),
  };
  const ports = { doctor: examined, administration: operator().administration };
  return {
    plan: async () => planAdoption(ports, secretId, adoption, context),
    adopt: async () => adoptSecret(ports, secretId, adoption, context),
  };
}

/** Brings an existing secret under management. */
export const run: Run = async ([secretId = ""], options, context) => {
  const stack = textOption(options, "stack") ?? "rekey";
  const delivery = deliveryPorts(stack);
  const described = await delivery.store.describe(secretId, context);
  const adopting =
    described.managedBy === undefined
      ? await rotationOf(secretId, stack, options, context)
      : deliveryOf(delivery, described, options, context);
  const json = flagOption(options, "json");
  const plan = await adopting.plan();
  const isRefused = plan.findings.some(({ severity }) => severity === "error");
  if (flagOption(options, "dryRun") || isRefused) {
    const outcome = isRefused ? "refused" : "planned";
    if (json) printJson({ outcome, ...plan });
    else print(...text(plan), `${outcome}: nothing was changed`);
    return isRefused ? 1 : 0;
  }
  if (!(await confirmed(text(plan), flagOption(options, "yes"), context.signal))) return 1;
  const done = await adopting.adopt();
  if (json) printJson(done);
  else print(`${done.outcome}: ${done.secretArn}`);
  return done.outcome === "adopted" ? 0 : 1;
};
