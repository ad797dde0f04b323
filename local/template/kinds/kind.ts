import type { Members } from "../../../shared/answers/members.ts";
import type { FunctionDefinition } from "../../lambda/deployed-function.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import type { Roles } from "./roles.ts";

/** How the resources of a stack are called that the template does not name. */
export interface Naming {
  readonly stackName: string;
  /** Higher than 1 where resources of a former stack of this name were kept. */
  readonly firstNumber: number;
}

/** What resources are made with: the services' own operations, as CloudFormation calls them. */
export interface Provider extends Naming {
  readonly accountId: string;
  readonly region: string;
  call(service: string, operation: string, input: Members): Promise<Members>;
  deployFunction(definition: FunctionDefinition): Promise<string>;
  /** `false`: there is none. */
  removeFunction(name: string): Promise<boolean>;
  /** The account's roles. */
  readonly roles: Roles;
  /** Feeds a function from a queue. Returns the mapping's id. */
  mapQueue(functionName: string, queueArn: string, settings: Members): string;
  unmapQueue(id: string): void;
  /** The folder of a function's code. Errors: `TemplateError`. */
  codeFolder(code: unknown): Promise<string>;
  /** Variables that are added to every function's. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is only kept in the account's books, by type and name: alarms, log groups, networks. */
  readonly recorded: Map<string, Members>;
  /** A stack of this one's. */
  readonly nested: {
    deploy(name: string, location: string, parameters: Readonly<Record<string, string>>): Promise<DeployedResource>;
    remove(name: string): Promise<void>;
  };
}

export interface ResourceToDeploy {
  readonly logicalId: string;
  readonly type: string;
  /** The physical name: the template's own or one that was made for it. */
  readonly name: string;
  /** With all functions worked out. */
  readonly properties: Members;
}

/** What becomes of a resource that its stack lets go. */
export type LetGo = "Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot";

/** A resource that was made. */
export interface ExistingResource extends ResourceToDeploy, DeployedResource {
  readonly onDelete: LetGo;
  readonly onReplace: LetGo;
}

export interface PhysicalName {
  /** The property that gives the name. */
  readonly property: string;
  readonly longest: number;
  readonly pattern: RegExp;
}

export interface ResourceKind {
  /** Properties that no update can change, so that a change means a new resource. */
  readonly createOnly: readonly string[];
  readonly name?: PhysicalName;
  create(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource>;
  update(resource: ResourceToDeploy, provider: Provider, existing: ExistingResource): Promise<DeployedResource>;
  remove(existing: ExistingResource, provider: Provider): Promise<void>;
}

/** Refuses a property that would silently mean nothing here. */
export function allowOnly(
  { logicalId, properties }: Pick<ResourceToDeploy, "logicalId" | "properties">,
  names: readonly string[],
): void {
  const unknown = Object.keys(properties).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TemplateError(`${logicalId}: the property ${unknown} is not supported`);
}

/** Names as CloudFormation lets them be given, where letters, digits, `-` and `_` are all. */
export const wordName = (property: string, longest: number): PhysicalName => ({
  property,
  longest,
  pattern: /^[\w-]+$/u,
});

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export const asTexts = (members: Members): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, asText(value)]));

export const same = ({ ref, attributes }: DeployedResource): DeployedResource => ({ ref, attributes });
