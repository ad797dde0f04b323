import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { rotatedByAws, type SecretDescription } from "../../ports/secret-store.ts";
import { mirrorTag, subscribersTag, vaultClusterTag, vaultMapTag, vaultPathTag } from "../../tags/tag-names.ts";
import { type DeliveryPorts, examineDelivery } from "../doctor/check-delivery.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import type { AdoptionPlan } from "./adopt-secret.ts";

export interface DeliveryAdoptionPorts {
  readonly delivery: DeliveryPorts;
  readonly administration: Pick<FleetPorts["administration"], "tag">;
}

interface DeliveryPlan extends AdoptionPlan {
  readonly tags: ReadonlyMap<string, string>;
}

const ofDelivery: ReadonlySet<string> = new Set([
  mirrorTag,
  subscribersTag,
  vaultClusterTag,
  vaultMapTag,
  vaultPathTag,
]);

function checkTags(tags: ReadonlyMap<string, string>): void {
  for (const [tag, value] of tags) {
    if (ofDelivery.has(tag) && value !== "") continue;
    const hint = `AWS rotates this secret, so only the tags of its delivery count: ${[...ofDelivery].join(", ")}`;
    throw new RekeyError("option-invalid", { context: { option: "tag", tag }, hint });
  }
}

/** With a tag of rekey's it is in the fleet. */
const tagsFor = (description: SecretDescription, wanted: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const isTagged = [...description.tags.keys()].some((tag) => tag.startsWith("rekey:"));
  return wanted.size > 0 || isTagged ? wanted : new Map([[mirrorTag, "true"]]);
};

async function planOf(
  { delivery }: DeliveryAdoptionPorts,
  secretId: string,
  wanted: ReadonlyMap<string, string>,
  call: CallOptions,
): Promise<DeliveryPlan> {
  checkTags(wanted);
  const description = await delivery.store.describe(secretId, call);
  const { secretArn, name, managedBy } = description;
  if (managedBy === undefined) {
    const hint = "nobody but rekey would rotate this secret: adopt it with a function";
    throw new RekeyError("option-invalid", { context: { option: "secret", secret: secretArn }, hint });
  }
  const tags = tagsFor(description, wanted);
  const store: DeliveryPorts["store"] = {
    async describe(id, options) {
      const found = await delivery.store.describe(id, options);
      return found.secretArn === secretArn ? { ...found, tags: new Map([...found.tags, ...tags]) } : found;
    },
  };
  const findings = await examineDelivery({ ...delivery, store }, secretArn, call);
  const changed = [...tags].filter(([tag, value]) => description.tags.get(tag) !== value);
  const whose = rotatedByAws(description) === undefined ? `owned by ${managedBy}` : `rotated by AWS (${managedBy})`;
  return {
    secretArn,
    findings,
    tags: new Map(changed),
    actions: [
      ...changed.map(([tag, value]) => `TagResource ${name}: ${tag}=${value}`),
      `no call of RotateSecret: ${name} stays ${whose}, and is delivered by rekey`,
    ],
  };
}

const shown = ({ secretArn, findings, actions }: DeliveryPlan): AdoptionPlan => ({ secretArn, actions, findings });

/**
 * What it takes to have rekey deliver a secret that an AWS service owns or that AWS rotates at a partner. Changes nothing, and
 * reads no value. Errors: `option-invalid` for a tag of rotation, and for a secret that nobody else manages; those of the store.
 */
export const planDelivery = async (
  ports: DeliveryAdoptionPorts,
  secretId: string,
  tags: ReadonlyMap<string, string>,
  call: CallOptions,
): Promise<AdoptionPlan> => shown(await planOf(ports, secretId, tags, call));

/**
 * Has rekey deliver such a secret: sets its tags, and leaves its rotation and its value as they are. Nothing is done when the plan has an
 * error among its findings, and the outcome says so. May be repeated. Errors: those of `planDelivery`.
 */
export async function adoptDelivery(
  ports: DeliveryAdoptionPorts,
  secretId: string,
  tags: ReadonlyMap<string, string>,
  call: CallOptions,
): Promise<AdoptionPlan & { readonly outcome: "adopted" | "refused" }> {
  const plan = await planOf(ports, secretId, tags, call);
  if (plan.findings.some(({ severity }) => severity === "error")) return { ...shown(plan), outcome: "refused" };
  if (plan.tags.size > 0) await ports.administration.tag(plan.secretArn, plan.tags, call);
  return { ...shown(plan), outcome: "adopted" };
}
