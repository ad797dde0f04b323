import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { applyTemplate, planChanges, removeAll, type Change, type ResourceStep } from "./deploy-template.ts";
import type { ExistingResource, Provider } from "./kinds/kind.ts";
import { numberOf } from "./physical-name.ts";
import { prepare, type Place, type Prepared } from "./prepare.ts";
import { readTemplate, TemplateError, type Template } from "../../deploy/reading/read-template.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface StackRequest {
  readonly name: string;
  /** The template's text. */
  readonly body: string;
  /** Where paths in it are relative to. */
  readonly folder: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Variables that every function gets besides the template's. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface StackEvent {
  readonly atMs: number;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly status: string;
  readonly reason?: string;
}

export interface StackRecord {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs?: number;
  /** What it was made of last, of a stack that stands. */
  readonly request: StackRequest;
  readonly template: Template;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: ReadonlyMap<string, ExistingResource>;
  readonly events: readonly StackEvent[];
}

export interface StacksOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly provider: (place: Place, request: StackRequest) => Provider;
}

export interface Stacks {
  /** Makes the stack or updates it. Errors: `TemplateError`, after which all is as it was before. */
  deploy(request: StackRequest): Promise<StackRecord>;
  /** Gives a stack that is only looked at yet its id, as its first change set does. */
  announce(request: StackRequest): StackRecord;
  /** What `deploy` would change. Errors: `TemplateError`. */
  plan(request: StackRequest): readonly Change[];
  /** Errors: `TemplateError` where something cannot be removed; the rest is. */
  remove(name: string): Promise<void>;
  /** By its name, or by its id also when it is gone. */
  find(nameOrId: string): StackRecord | undefined;
  /** Those that stand. */
  all(): readonly StackRecord[];
}

const type = "AWS::CloudFormation::Stack";
const settled = new Set(["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]);

/** Whether the stack is there and can be updated. Errors: `TemplateError`. */
function updatable(record: StackRecord | undefined): record is StackRecord {
  if (record === undefined || record.status === "REVIEW_IN_PROGRESS") return false;
  if (!settled.has(record.status))
    throw new TemplateError(`the stack ${record.name} is in ${record.status}: delete it, then deploy it again`);
  return true;
}

/** The stacks of an account and region. */
export function createStacks({ clock, region, accountId, provider }: StacksOptions): Stacks {
  const current = new Map<string, StackRecord>();
  const gone = new Map<string, StackRecord>();
  const keep = (record: StackRecord): StackRecord => {
    current.set(record.name, record);
    return record;
  };
  const firstNumbers = new Map<string, number>();
  const placeOf = (name: string, id: string): Place => ({
    stackName: name,
    firstNumber: firstNumbers.get(name) ?? 1,
    stackId: id,
    region,
    accountId,
  });

  /** The stack's own event, next to those of its resources. */
  const withStatus = (record: StackRecord, status: string, reason?: string): StackRecord => {
    const { name, id, events } = record;
    const event = {
      atMs: clock.now(),
      logicalId: name,
      type,
      ref: id,
      status,
      ...defined({ reason }),
    };
    return keep({ ...record, status, reason: reason ?? "", events: [...events, event] });
  };
  const noting =
    (name: string) =>
    ({ action, state, resource, reason }: ResourceStep): void => {
      const record = current.get(name);
      if (record === undefined) return;
      const { logicalId, ref = "" } = resource;
      const event = {
        atMs: clock.now(),
        logicalId,
        type: resource.type,
        ref,
        status: `${action}_${state}`,
        ...defined({ reason }),
      };
      keep({ ...record, events: [...record.events, event] });
    };

  const read = (request: StackRequest, before: StackRecord | undefined): { prepared: Prepared; blank: StackRecord } => {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/u.test(request.name))
      throw new TemplateError(`${request.name} is no stack's name: a letter, then letters, digits and -, 128 at most`);
    const id = before?.id ?? `arn:aws:cloudformation:${region}:${accountId}:stack/${request.name}/${randomUUID()}`;
    const template = readTemplate(request.body);
    const prepared = prepare(template, request.parameters, placeOf(request.name, id));
    const blank = { name: request.name, id, status: "", createdAtMs: clock.now(), request, template };
    return { prepared, blank: { ...blank, outputs: {}, resources: new Map(), events: [] } };
  };

  return {
    async deploy(request) {
      const { name } = request;
      const before = current.get(name);
      const isUpdate = updatable(before);
      const { prepared, blank } = read(request, before);
      const action = isUpdate ? "UPDATE" : "CREATE";
      const started = withStatus(isUpdate ? before : (before ?? blank), `${action}_IN_PROGRESS`);
      const there = provider(placeOf(name, started.id), request);
      try {
        const existing = isUpdate ? before.resources : new Map<string, ExistingResource>();
        const made = await applyTemplate(prepared, existing, there, noting(name));
        const { template } = blank;
        const record = current.get(name) ?? started;
        return withStatus({ ...record, ...made, request, template, updatedAtMs: clock.now() }, `${action}_COMPLETE`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        withStatus(current.get(name) ?? started, isUpdate ? "UPDATE_ROLLBACK_COMPLETE" : "ROLLBACK_COMPLETE", reason);
        throw error;
      }
    },
    announce(request) {
      const before = current.get(request.name);
      return before ?? withStatus(read(request, undefined).blank, "REVIEW_IN_PROGRESS");
    },
    plan(request) {
      const before = current.get(request.name);
      const existing = updatable(before) ? before.resources : new Map<string, ExistingResource>();
      return planChanges(read(request, before).prepared, existing, placeOf(request.name, ""));
    },
    async remove(name) {
      const record = current.get(name);
      if (record === undefined) return;
      withStatus(record, "DELETE_IN_PROGRESS");
      const there = provider(placeOf(name, record.id), record.request);
      const all = [...record.resources.values()].map((resource) => ({
        ...resource,
        keep: resource.onDelete === "Retain" || resource.onDelete === "RetainExceptOnCreate",
      }));
      const left = await removeAll(all, there, noting(name));
      const kept = all.filter(({ keep: isKept }) => isKept);
      const numbers = kept.map((one) => numberOf(one.name, { stackName: name }, one.logicalId) + 1);
      firstNumbers.set(name, Math.max(firstNumbers.get(name) ?? 1, ...numbers));
      const after = current.get(name) ?? record;
      if (left.length > 0) {
        const names = left.map(({ logicalId }) => logicalId).join(", ");
        const resources = new Map(left.map((resource) => [resource.logicalId, resource]));
        const reason = `The following resource(s) failed to delete: [${names}].`;
        withStatus({ ...after, resources }, "DELETE_FAILED", reason);
        const first = after.events.findLast(({ status }) => status === "DELETE_FAILED");
        throw new TemplateError(`${names}: cannot be deleted: ${first?.reason ?? ""}`);
      }
      const ended = withStatus({ ...after, resources: new Map() }, "DELETE_COMPLETE");
      current.delete(name);
      gone.set(ended.id, ended);
    },
    find: (nameOrId) =>
      current.get(nameOrId) ?? [...current.values()].find(({ id }) => id === nameOrId) ?? gone.get(nameOrId),
    all: () => [...current.values()],
  };
}
