import type { Clock } from "../clock.ts";
import { capabilitiesOn } from "./acl.ts";
import { type Backend, isoTime, noContent, notFound, reply, unsupportedOperation, VaultRefusal } from "./exchange.ts";
import { textField } from "./input.ts";
import { type Capability, parsePolicy, type PolicyRule } from "./policy-language.ts";

interface Policy {
  readonly text: string;
  readonly rules: readonly PolicyRule[];
  readonly modifiedMs: number;
}

export interface Policies {
  /** A root token may do everything. */
  allowed(policies: readonly string[], path: string, isList: boolean): ReadonlySet<Capability>;
  /** Whether the policies allow anything at all on a mount or below it. */
  reaches(policies: readonly string[], mount: string): boolean;
  /** `sys/policies/acl/`. */
  readonly backend: Backend;
}

const everything: ReadonlySet<Capability> = new Set<Capability>([
  "create",
  "read",
  "update",
  "patch",
  "delete",
  "list",
  "sudo",
]);

const defaultPolicy = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
`;

export function policyStore(clock: Clock): Policies {
  const store = new Map<string, Policy>();
  const set = (name: string, text: string): void =>
    void store.set(name, { text, rules: parsePolicy(text), modifiedMs: clock.now() });
  set("default", defaultPolicy);

  const rulesOf = (policies: readonly string[]): readonly PolicyRule[] =>
    policies.flatMap((name) => store.get(name)?.rules ?? []);

  return {
    allowed: (policies, path, isList) =>
      policies.includes("root") ? everything : capabilitiesOn(rulesOf(policies), path, isList),
    reaches(policies, mount) {
      const isBelow = ({ path, capabilities }: PolicyRule): boolean =>
        !capabilities.includes("deny") && (path === mount || path.startsWith(`${mount}/`) || /^(\+\/|\*$)/.test(path));
      return policies.includes("root") || rulesOf(policies).some(isBelow);
    },
    backend: {
      exists: (name) => store.has(name),
      handle({ operation, path: name, input }) {
        switch (operation) {
          case "read": {
            const policy = store.get(name);
            if (policy === undefined) throw notFound();
            return reply({ data: { name, policy: policy.text, modified: isoTime(policy.modifiedMs) } });
          }
          case "list":
            return reply({ data: { keys: [...store.keys(), "root"].toSorted() } });
          case "write": {
            const text = textField(input, "policy") ?? "";
            if (name === "root") throw new VaultRefusal(400, 'cannot update "root" policy');
            if (text === "") throw new VaultRefusal(400, "'policy' parameter not supplied or empty");
            set(name.toLowerCase(), text);
            return noContent;
          }
          case "delete":
            if (name === "default") throw new VaultRefusal(400, "cannot delete default policy");
            store.delete(name);
            return noContent;
          case "patch":
            throw unsupportedOperation();
        }
      },
    },
  };
}
