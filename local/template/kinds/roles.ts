import type { PolicyDocument } from "../../aws/service.ts";

/** A role whose policies change under the functions that have it, as on AWS. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  /** All that apply, kept up to date in place. */
  readonly policies: readonly PolicyDocument[];
}

export interface Roles {
  byArn(arn: string): Role | undefined;
  byName(name: string): Role | undefined;
  /** Makes the role when there is none. */
  open(name: string, arn: string): Role;
  /** Sets one source's documents: the role's own, or those of a policy resource. An empty list takes them away. */
  set(name: string, source: string, documents: readonly PolicyDocument[]): void;
  remove(name: string): void;
}

/** The roles of an account, by name. */
export function createRoles(): Roles {
  const roles = new Map<
    string,
    { role: Role; policies: PolicyDocument[]; sources: Map<string, readonly PolicyDocument[]> }
  >();
  return {
    byArn: (arn) => [...roles.values()].find(({ role }) => role.arn === arn)?.role,
    byName: (name) => roles.get(name)?.role,
    open(name, arn) {
      const known = roles.get(name);
      if (known !== undefined) return known.role;
      const policies: PolicyDocument[] = [];
      const role = { name, arn, policies };
      roles.set(name, { role, policies, sources: new Map() });
      return role;
    },
    set(name, source, documents) {
      const known = roles.get(name);
      if (known === undefined) return;
      if (documents.length === 0) known.sources.delete(source);
      else known.sources.set(source, documents);
      known.policies.splice(0, Infinity, ...[...known.sources.values()].flat());
    },
    remove: (name) => void roles.delete(name),
  };
}
