import { isMembers, type Members, membersOf } from "../../shared/answers/members.ts";
import { optionalText } from "../aws/members.ts";
import type { ExistingResource } from "../template/kinds/kind.ts";
import type { Template } from "../../deploy/reading/read-template.ts";
import type { StackEvent, StackRecord } from "../template/stacks.ts";

const time = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : new Date(atMs).toISOString();

const defaultOf = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** A parameter that the template marks `NoEcho` is never told. */
function parametersOf({ request, template }: StackRecord): readonly Members[] {
  return Object.entries(template.Parameters).map(([name, declaration]) => {
    const { Default, NoEcho } = membersOf(declaration);
    const value = request.parameters[name] ?? defaultOf(Default);
    return { ParameterKey: name, ParameterValue: NoEcho === true || NoEcho === "true" ? "****" : value };
  });
}

export function describeStack(stack: StackRecord): Members {
  const { template, outputs } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    Description: undefined,
    Parameters: parametersOf(stack),
    CreationTime: time(stack.createdAtMs),
    LastUpdatedTime: time(stack.updatedAtMs),
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: false,
    Tags: Object.entries(stack.request.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
    Outputs: Object.entries(outputs).map(([name, value]) => {
      const output = template.Outputs[name];
      const Description = isMembers(output) ? optionalText(output, "Description") : undefined;
      return { OutputKey: name, OutputValue: value, Description };
    }),
  };
}

export const describeEvent =
  ({ id, name }: StackRecord) =>
  ({ atMs, logicalId, type, ref, status, reason }: StackEvent, index: number): Members => ({
    StackId: id,
    StackName: name,
    EventId: `${logicalId}-${index}`,
    LogicalResourceId: logicalId,
    PhysicalResourceId: ref,
    ResourceType: type,
    Timestamp: time(atMs),
    ResourceStatus: status,
    ResourceStatusReason: reason,
  });

export const describeResource =
  ({ id, name, createdAtMs, updatedAtMs }: StackRecord) =>
  ({ logicalId, type, ref }: ExistingResource): Members => {
    const at = time(updatedAtMs ?? createdAtMs);
    return {
      StackId: id,
      StackName: name,
      LogicalResourceId: logicalId,
      PhysicalResourceId: ref,
      ResourceType: type,
      LastUpdatedTimestamp: at,
      Timestamp: at,
      ResourceStatus: "CREATE_COMPLETE",
    };
  };

export const describeTemplate = (template: Template): Members => ({
  Parameters: Object.entries(template.Parameters).map(([name, declaration]) => {
    const { Default, Description, NoEcho, Type } = membersOf(declaration);
    return {
      ParameterKey: name,
      ParameterType: Type,
      DefaultValue: Default === undefined ? undefined : defaultOf(Default),
      NoEcho: NoEcho === true || NoEcho === "true",
      Description,
    };
  }),
  DeclaredTransforms: template.Transform,
  ResourceTypes: [...new Set(Object.values(template.Resources).map(({ Type }) => String(Type)))],
});
