import { isDeepStrictEqual } from "node:util";
import { isMembers, type Members, membersOf } from "../../shared/answers/members.ts";
import { record, text } from "../aws/members.ts";
import { resolve, type DeployedResource } from "./intrinsics.ts";
import type { ExistingResource, LetGo, Naming, Provider, ResourceKind, ResourceToDeploy } from "./kinds/kind.ts";
import { kindOf } from "./kinds/kinds.ts";
import { givenName, madeName } from "./physical-name.ts";
import type { Prepared } from "./prepare.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

export interface TemplateDeployment {
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: ReadonlyMap<string, ExistingResource>;
}

/** What happens to one resource. */
export interface ResourceStep {
  readonly action: "CREATE" | "UPDATE" | "DELETE";
  readonly state: "COMPLETE" | "FAILED" | "SKIPPED";
  readonly resource: Pick<ExistingResource, "logicalId" | "type"> & { readonly ref?: string };
  readonly reason?: string;
}
export type Note = (step: ResourceStep) => void;

export interface Change {
  readonly action: "Add" | "Modify" | "Remove";
  readonly replacement: boolean;
  readonly logicalId: string;
  readonly type: string;
  readonly ref?: string;
}

const letGo = (resource: Members, name: string): LetGo => {
  const value = resource[name] ?? "Delete";
  const known = (["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"] as const).find((other) => other === value);
  if (known === undefined) throw new TemplateError(`${name} ${JSON.stringify(value)} is not supported`);
  return known;
};

const at = (properties: Members, path: string): unknown =>
  path.split("/").reduce<unknown>((value, step) => (isMembers(value) ? value[step] : undefined), properties);

const changedForGood = (kind: ResourceKind, before: Members, after: Members): boolean =>
  kind.createOnly.some((path) => !isDeepStrictEqual(at(before, path), at(after, path)));

interface Decision {
  readonly action: "create" | "keep" | "update" | "replace";
  readonly kind: ResourceKind;
  readonly resource: ResourceToDeploy & Pick<ExistingResource, "onDelete" | "onReplace">;
}

/** What to do about one resource. Errors: `TemplateError`. */
function decide(
  logicalId: string,
  prepared: Prepared,
  resources: ReadonlyMap<string, DeployedResource>,
  before: ExistingResource | undefined,
  naming: Naming,
): Decision {
  const wanted = prepared.wanted[logicalId] ?? {};
  const type = text(wanted, "Type");
  const kind = kindOf(logicalId, type);
  const resolved = resolve(record(wanted, "Properties"), prepared.scope(resources));
  const properties = membersOf(resolved);
  const given = givenName(logicalId, kind, properties);
  const policies = { onDelete: letGo(wanted, "DeletionPolicy"), onReplace: letGo(wanted, "UpdateReplacePolicy") };
  const as = (action: Decision["action"], name: string): Decision => ({
    action,
    kind,
    resource: { logicalId, type, name, properties, ...policies },
  });
  if (before === undefined) return as("create", given ?? madeName(naming, logicalId, kind));
  if (before.type !== type)
    throw new TemplateError(
      `${logicalId}: an update cannot make ${before.type} into ${type}: give the new resource another logical id`,
    );
  if (isDeepStrictEqual(properties, before.properties)) return as("keep", before.name);
  if (!changedForGood(kind, before.properties, properties)) return as("update", before.name);
  return as("replace", given ?? madeName(naming, logicalId, kind, before.name));
}

const later = "{{changeSet:KNOWN_AFTER_APPLY}}";
/** A resource that is not made yet, whatever is asked of it. */
const unknown = (): DeployedResource => ({
  ref: later,
  attributes: new Proxy<Record<string, string>>({}, { get: () => later }),
});

/** What an update would change, as far as it can be said before. Errors: `TemplateError`. */
export function planChanges(
  prepared: Prepared,
  existing: ReadonlyMap<string, ExistingResource>,
  naming: Naming,
): readonly Change[] {
  const seen = new Map<string, DeployedResource>();
  const changes = prepared.order.flatMap((logicalId): readonly Change[] => {
    const before = existing.get(logicalId);
    const { action, resource } = decide(logicalId, prepared, seen, before, naming);
    const { type } = resource;
    seen.set(logicalId, before === undefined || action === "replace" ? unknown() : before);
    if (action === "keep") return [];
    if (before === undefined) return [{ action: "Add", replacement: false, logicalId, type }];
    return [{ action: "Modify", replacement: action === "replace", logicalId, type, ref: before.ref }];
  });
  const removed = [...existing.values()].filter(({ logicalId }) => !prepared.order.includes(logicalId));
  return [
    ...changes,
    ...removed.map(({ logicalId, type, ref }): Change => ({
      action: "Remove",
      replacement: false,
      logicalId,
      type,
      ref,
    })),
  ];
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Takes away what a stack lets go, the last first; what cannot be taken away stays, and is what this returns. */
export async function removeAll(
  gone: readonly (ExistingResource & { readonly keep: boolean })[],
  provider: Provider,
  note: Note,
): Promise<readonly ExistingResource[]> {
  const left: ExistingResource[] = [];
  for (const resource of gone.toReversed()) {
    const { keep } = resource;
    try {
      if (!keep) await kindOf(resource.logicalId, resource.type).remove(resource, provider);
      note({ action: "DELETE", state: keep ? "SKIPPED" : "COMPLETE", resource });
    } catch (error) {
      left.push(resource);
      note({ action: "DELETE", state: "FAILED", resource, reason: words(error) });
    }
  }
  return left;
}

/**
 * Brings what stands to what a template wants: makes and changes first, takes away last. Errors: `TemplateError` with the
 * first resource that failed, once everything is as it was before.
 */
export async function applyTemplate(
  prepared: Prepared,
  existing: ReadonlyMap<string, ExistingResource>,
  provider: Provider,
  note: Note,
): Promise<TemplateDeployment> {
  const made = new Map<string, ExistingResource>();
  const replaced = new Map<string, ExistingResource>();
  const undo: (() => Promise<void>)[] = [];
  const isUpdate = existing.size > 0;

  /** Whether anything was done. */
  const apply = async (logicalId: string): Promise<boolean> => {
    const before = existing.get(logicalId);
    const { action, kind, resource } = decide(logicalId, prepared, made, before, provider);
    if (before !== undefined && action === "keep") {
      made.set(logicalId, { ...before, ...resource });
      return false;
    }
    if (before !== undefined && action === "update") {
      undo.push(async () => void (await kind.update(before, provider, { ...before, ...resource })));
      made.set(logicalId, { ...resource, ...(await kind.update(resource, provider, before)) });
      return true;
    }
    if (before !== undefined && before.name === resource.name)
      throw new TemplateError(
        `${logicalId}: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${resource.name} and update the stack again.`,
      );
    const current = { ...resource, ...(await kind.create(resource, provider)) };
    made.set(logicalId, current);
    if (before !== undefined) replaced.set(logicalId, before);
    const keep = !isUpdate && resource.onDelete === "Retain";
    undo.push(async () => void (await removeAll([{ ...current, keep }], provider, note)));
    return true;
  };

  for (const logicalId of prepared.order) {
    const type = text(prepared.wanted[logicalId] ?? {}, "Type");
    const action = existing.has(logicalId) ? "UPDATE" : "CREATE";
    try {
      if (!(await apply(logicalId))) continue;
      const { ref = "" } = made.get(logicalId) ?? {};
      note({ action, state: "COMPLETE", resource: { logicalId, type, ref } });
    } catch (error) {
      const reason = words(error).startsWith(`${logicalId}: `) ? words(error) : `${logicalId}: ${words(error)}`;
      note({ action, state: "FAILED", resource: { logicalId, type }, reason });
      for (const back of undo.toReversed()) await back();
      throw new TemplateError(reason, { cause: error });
    }
  }
  const outputs = prepared.outputs(made);
  const gone = [...existing.values()].flatMap((resource) => {
    if (replaced.has(resource.logicalId)) return [{ ...resource, keep: resource.onReplace !== "Delete" }];
    return made.has(resource.logicalId) ? [] : [{ ...resource, keep: resource.onDelete !== "Delete" }];
  });
  await removeAll(gone, provider, note);
  return { outputs, resources: made };
}
