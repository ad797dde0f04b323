import { randomUUID } from "node:crypto";
import type { Members } from "../../shared/answers/members.ts";
import { optionalText, text } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import type { Change } from "../template/deploy-template.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";
import type { StackRequest, Stacks } from "../template/stacks.ts";

interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly request: StackRequest;
  readonly createdAtMs: number;
  readonly changes: readonly Change[];
  readonly failure?: string;
}

export interface ChangeSets {
  create(input: Members, request: StackRequest): Members;
  describe(input: Members): Members;
  execute(input: Members): Promise<Members>;
  remove(input: Members): Members;
  list(stackName: string): readonly Members[];
}

const nothingToDo =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

export function createChangeSets(stacks: Stacks, place: { readonly clock: Clock; readonly arn: string }): ChangeSets {
  const sets = new Map<string, ChangeSet>();
  const find = (input: Members): ChangeSet => {
    const name = text(input, "ChangeSetName");
    const stackName = optionalText(input, "StackName");
    const found =
      sets.get(name) ??
      [...sets.values()].find(
        (set) => set.name === name && (stackName === undefined || set.request.name === stackName),
      );
    if (found === undefined) throw new AwsError("ChangeSetNotFound", `ChangeSet [${name}] does not exist`, 404);
    return found;
  };
  const summary = ({ id, name, request, createdAtMs, failure }: ChangeSet): Members => ({
    ChangeSetName: name,
    ChangeSetId: id,
    StackName: request.name,
    StackId: stacks.find(request.name)?.id,
    CreationTime: new Date(createdAtMs).toISOString(),
    Status: failure === undefined ? "CREATE_COMPLETE" : "FAILED",
    StatusReason: failure,
    ExecutionStatus: failure === undefined ? "AVAILABLE" : "UNAVAILABLE",
  });
  const plan = (request: StackRequest): Pick<ChangeSet, "changes" | "failure"> => {
    try {
      const changes = stacks.plan(request);
      return changes.length === 0 ? { changes, failure: nothingToDo } : { changes };
    } catch (error) {
      if (error instanceof TemplateError) return { changes: [], failure: error.message };
      throw error;
    }
  };

  return {
    create(input, request) {
      const name = text(input, "ChangeSetName");
      const kind = optionalText(input, "ChangeSetType") ?? "UPDATE";
      const exists = !["REVIEW_IN_PROGRESS", undefined].includes(stacks.find(request.name)?.status);
      if (kind === "UPDATE" && !exists) throw new AwsError("ValidationError", `Stack [${request.name}] does not exist`);
      if (kind === "CREATE" && exists)
        throw new AwsError("ValidationError", `Stack [${request.name}] already exists and cannot be created again.`);
      const id = `${place.arn}:changeSet/${name}/${randomUUID()}`;
      const stack = stacks.announce(request);
      sets.set(id, { id, name, request, createdAtMs: place.clock.now(), ...plan(request) });
      return { Id: id, StackId: stack.id };
    },
    describe(input) {
      const set = find(input);
      return {
        ...summary(set),
        Parameters: Object.entries(set.request.parameters).map(([ParameterKey, ParameterValue]) => ({
          ParameterKey,
          ParameterValue,
        })),
        Changes: set.changes.map(({ action, replacement, logicalId, type, ref }) => ({
          Type: "Resource",
          ResourceChange: {
            Action: action,
            LogicalResourceId: logicalId,
            PhysicalResourceId: ref,
            ResourceType: type,
            Replacement: action === "Modify" ? (replacement ? "True" : "False") : undefined,
          },
        })),
      };
    },
    async execute(input) {
      const { id, name, request, failure } = find(input);
      if (failure !== undefined)
        throw new AwsError(
          "InvalidChangeSetStatus",
          `ChangeSet [${name}] cannot be executed in its current status of [FAILED]`,
        );
      for (const [other, set] of sets) if (set.request.name === request.name) sets.delete(other);
      sets.delete(id);
      try {
        await stacks.deploy(request);
      } catch (error) {
        // As on AWS, the stack's status and events say so: the execution itself was taken.
        if (!(error instanceof TemplateError)) throw error;
      }
      return {};
    },
    remove(input) {
      sets.delete(find(input).id);
      return {};
    },
    list: (stackName) => [...sets.values()].filter(({ request }) => request.name === stackName).map(summary),
  };
}
