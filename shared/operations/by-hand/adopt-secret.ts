import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { doctor, type DoctorPorts } from "../doctor/doctor.ts";
import type { CheckResult } from "../doctor/check-results.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import type { RotationSchedule } from "../../ports/secret-administration.ts";

export interface AdoptPorts {
  readonly doctor: DoctorPorts;
  readonly administration: Pick<FleetPorts["administration"], "enableRotation" | "tag">;
}

export interface Adoption {
  readonly functionArn: string;
  readonly schedule: RotationSchedule;
  /** `rekey:…` tags to set, such as `rekey:strategy`. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface AdoptionPlan {
  readonly secretArn: string;
  /** In the order in which it is done, in words. */
  readonly actions: readonly string[];
  /** As the doctor will find when it is done. One `error` among them, and nothing is done. */
  readonly findings: readonly CheckResult[];
}

/** The secret as it would be; the doctor's own calls see it so. */
const adopted = (description: SecretDescription, { functionArn, tags }: Adoption): SecretDescription => ({
  ...description,
  rotationEnabled: true,
  rotationFunctionArn: functionArn,
  tags: new Map([...description.tags, ...tags]),
});

const inWords = (schedule: RotationSchedule): string =>
  "everyDays" in schedule ? `every ${schedule.everyDays} days` : schedule.expression;

function checkAdoption({ functionArn, schedule, tags }: Adoption): void {
  const refuse = (option: string, hint: string): RekeyError =>
    new RekeyError("option-invalid", { context: { option }, hint });
  if (!/^arn:[^:]+:lambda:[^:]+:\d{12}:function:[\w-]+(?::[\w$-]+)?$/.test(functionArn)) {
    throw refuse("function", "name the rotation function by its whole ARN");
  }
  if (
    "everyDays" in schedule &&
    !(Number.isInteger(schedule.everyDays) && schedule.everyDays > 0 && schedule.everyDays <= 1000)
  ) {
    throw refuse("every", "use a whole number from 1 to 1000");
  }
  if ("expression" in schedule && !/^(?:cron|rate)\(.+\)$/.test(schedule.expression)) {
    throw refuse("schedule", "use cron(…) or rate(…) as Secrets Manager reads them");
  }
  for (const [tag, value] of tags) {
    if (!/^rekey:[a-z-]{1,100}$/.test(tag) || value === "") throw refuse("tag", "use rekey:<name>=<value>");
  }
}

/**
 * What it takes to bring a secret under management, and what the doctor would say of it then. Changes nothing. Errors:
 * `option-invalid`, those of the store.
 */
export async function planAdoption(
  ports: AdoptPorts,
  secretId: string,
  adoption: Adoption,
  call: CallOptions,
): Promise<AdoptionPlan> {
  checkAdoption(adoption);
  const { rotation } = ports.doctor;
  const description = await rotation.store.describe(secretId, call);
  const { secretArn, name, tags } = description;
  const changed = [...adoption.tags].filter(([tag, value]) => tags.get(tag) !== value);
  const store = {
    ...rotation.store,
    describe: async (id: string, options: CallOptions) => {
      const found = await rotation.store.describe(id, options);
      return found.secretArn === secretArn ? adopted(found, adoption) : found;
    },
  };
  const findings = await doctor({ ...ports.doctor, rotation: { ...rotation, store } }, secretArn, call);
  return {
    secretArn,
    findings,
    actions: [
      ...changed.map(([tag, value]) => `TagResource ${name}: ${tag}=${value}`),
      `RotateSecret ${name}: function ${adoption.functionArn}, ${inWords(adoption.schedule)}; tested now with a copy of AWSCURRENT, not rotated`,
    ],
  };
}

/**
 * Brings an existing secret under management: its tags, its rotation function and its schedule. The value stays as it is;
 * Secrets Manager has the function test it. Nothing is done when the plan has an error among its findings, and the outcome
 * says so. May be repeated. Errors: those of `planAdoption`; `access-denied` where Secrets Manager may not invoke the function.
 */
export async function adoptSecret(
  ports: AdoptPorts,
  secretId: string,
  adoption: Adoption,
  call: CallOptions,
): Promise<AdoptionPlan & { readonly outcome: "adopted" | "refused" }> {
  const plan = await planAdoption(ports, secretId, adoption, call);
  if (plan.findings.some(({ severity }) => severity === "error")) return { ...plan, outcome: "refused" };
  const { secretArn } = plan;
  if (adoption.tags.size > 0) await ports.administration.tag(secretArn, adoption.tags, call);
  const { functionArn, schedule } = adoption;
  const versionId = crypto.randomUUID();
  await ports.administration.enableRotation(secretArn, { functionArn, schedule, versionId }, call);
  return { ...plan, outcome: "adopted" };
}
