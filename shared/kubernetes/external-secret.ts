import { memberAt } from "../answers/member-at.ts";
import type { Members } from "../answers/members.ts";
import { type ErrorContext, RekeyError } from "../errors/rekey-error.ts";
import type { CurrentVersion, Delivery } from "../ports/workload-cluster.ts";

const forceSync = "force-sync";
/** What the operator had synced when it was asked: it is another once the operator has seen the annotation. */
const syncedBefore = "rekey/synced-before";

const textAt = (object: Members, ...path: readonly string[]): string => {
  const value = memberAt(object, ...path);
  return typeof value === "string" ? value : "";
};

const listAt = (object: unknown, ...path: readonly string[]): readonly unknown[] => {
  const value = memberAt(object, ...path);
  return Array.isArray(value) ? value : [];
};

/** By its name, its ARN, or its ARN without the six characters at the end; `find` may find any secret. */
function namesSecret(object: Members, { secretArn, secretName }: CurrentVersion): boolean {
  const known = new Set<unknown>([secretArn, secretArn.slice(0, -7), secretName]);
  const keys = [
    ...listAt(object, "spec", "data").map((entry) => memberAt(entry, "remoteRef", "key")),
    ...listAt(object, "spec", "dataFrom").map((entry) => memberAt(entry, "extract", "key")),
  ];
  const finds = listAt(object, "spec", "dataFrom").some((entry) => memberAt(entry, "find") !== undefined);
  return finds || keys.some((key) => known.has(key));
}

/** `0`, `0s`, `0h0m0s`: the operator reads once, and an annotation changes nothing. */
const isZero = (interval: string): boolean => /^0+(?:\.0+)?(?:[a-zµ]+(?:0+(?:\.0+)?[a-zµ]+)*)?$/.test(interval);

/** Why the operator would not fetch again, as its `shouldRefresh` decides it; `undefined`: it would. */
function obstacle(object: Members): string | undefined {
  const policy = textAt(object, "spec", "refreshPolicy") || "Periodic";
  if (policy === "CreatedOnce") return "refreshPolicy CreatedOnce";
  return policy === "Periodic" && isZero(textAt(object, "spec", "refreshInterval")) ? "refreshInterval 0" : undefined;
}

/** Errors: `kubernetes-refused` for an ExternalSecret that does not read this secret, or that its operator would not refresh. */
export function checkExternalSecret(object: Members, version: CurrentVersion, context: ErrorContext): void {
  const problem = namesSecret(object, version) ? obstacle(object) : "it does not name the secret";
  if (problem === undefined) return;
  const hint =
    "let the ExternalSecret name the secret by remoteRef.key or extract.key, with the refreshPolicy Periodic and an interval, or OnChange";
  throw new RekeyError("kubernetes-refused", { context: { ...context, problem }, hint });
}

const isReady = (object: Members): boolean =>
  listAt(object, "status", "conditions").some(
    (condition) => memberAt(condition, "type") === "Ready" && memberAt(condition, "status") === "True",
  );

/** Whether the operator was asked for this version already. */
export const isAsked = (object: Members, { versionId }: CurrentVersion): boolean =>
  memberAt(object, "metadata", "annotations", forceSync) === versionId &&
  typeof memberAt(object, "metadata", "annotations", syncedBefore) === "string";

/** Asks for the version, on top of exactly this revision, and keeps what was synced before. */
export const askedFor = (object: Members, { versionId }: CurrentVersion): object => ({
  metadata: {
    resourceVersion: textAt(object, "metadata", "resourceVersion"),
    annotations: { [forceSync]: versionId, [syncedBefore]: textAt(object, "status", "syncedResourceVersion") },
  },
});

export function deliveryOf(object: Members, version: CurrentVersion): Delivery {
  const synced = textAt(object, "status", "syncedResourceVersion");
  const before = textAt(object, "metadata", "annotations", syncedBefore);
  return {
    secretName: textAt(object, "spec", "target", "name") || textAt(object, "metadata", "name"),
    isFresh: isAsked(object, version) && synced !== "" && synced !== before && isReady(object),
  };
}
