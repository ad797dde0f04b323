import { isMembers, type Members } from "../../../shared/answers/members.ts";
import { list, optionalText, record, textList, text } from "../../aws/members.ts";
import { asPolicyDocument } from "../../aws/policy-document.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import {
  allowOnly,
  type ExistingResource,
  same,
  type Provider,
  type ResourceKind,
  type ResourceToDeploy,
} from "./kind.ts";

/** What its managed policies allow is Lambda's own business, which here needs no right. */
function checkRole(resource: ResourceToDeploy): void {
  const onlyOnAws = ["Description", "ManagedPolicyArns", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags"];
  allowOnly(resource, ["AssumeRolePolicyDocument", "Policies", "RoleName", ...onlyOnAws]);
}

function putPolicies({ name, properties }: ResourceToDeploy, { roles }: Provider): void {
  const policies = list(properties, "Policies").filter(isMembers);
  roles.set(
    name,
    "role",
    policies.map((policy) => asPolicyDocument(record(policy, "PolicyDocument"))),
  );
}

export const role: ResourceKind = {
  createOnly: ["Path", "RoleName"],
  name: { property: "RoleName", longest: 64, pattern: /^[\w+=,.@-]+$/u },
  async create(resource, provider) {
    const { logicalId, name, properties } = resource;
    checkRole(resource);
    if (provider.roles.byName(name) !== undefined)
      throw new TemplateError(`${logicalId}: a role with the name ${name} already exists`);
    const path = optionalText(properties, "Path") ?? "/";
    const { arn } = provider.roles.open(name, `arn:aws:iam::${provider.accountId}:role${path}${name}`);
    putPolicies(resource, provider);
    return { ref: name, attributes: { Arn: arn } };
  },
  async update(resource, provider, existing) {
    checkRole(resource);
    putPolicies(resource, provider);
    return same(existing);
  },
  async remove({ name }, { roles }) {
    roles.remove(name);
  },
};

const rolesOf = (properties: Members): readonly string[] => textList(properties, "Roles");

/** Its name among those of the roles' sources. */
const sourceOf = ({ name }: Pick<ExistingResource, "name">): string => `policy ${name}`;

function attach(resource: ResourceToDeploy, { roles }: Provider): DeployedResource {
  allowOnly(resource, ["PolicyDocument", "PolicyName", "Roles"]);
  for (const name of rolesOf(resource.properties))
    roles.set(name, sourceOf(resource), [asPolicyDocument(record(resource.properties, "PolicyDocument"))]);
  return { ref: text(resource.properties, "PolicyName"), attributes: {} };
}

function detach({ properties, name }: ExistingResource, { roles }: Provider): void {
  for (const roleName of rolesOf(properties)) roles.set(roleName, sourceOf({ name }), []);
}

/** A policy of its own for roles, as the CDK writes them. */
export const policy: ResourceKind = {
  createOnly: [],
  create: async (resource, provider) => attach(resource, provider),
  async update(resource, provider, existing) {
    detach(existing, provider);
    return attach(resource, provider);
  },
  remove: async (existing, provider) => detach(existing, provider),
};
