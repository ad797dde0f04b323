import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { pathSegment } from "../connecting/basic-api.ts";
import { misbehaved, type SecurityApi, securityPath } from "./security-api.ts";

/** What the server stores of a user that belongs to a pair as a whole; never the hash, which it does not show. */
export interface Properties {
  readonly backend_roles: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** Roles of the security plugin that the user has without a mapping; the name is older than OpenSearch. */
  readonly opendistro_security_roles: readonly string[];
  readonly description?: string;
}

export interface Account extends Properties {
  readonly user: string;
}

/** Errors: `account-unsupported`. */
export const segment = (name: string): string => pathSegment(name, "the user, or of a role that is mapped to it,");

export const userPath = (user: string): string => `${securityPath}/api/internalusers/${segment(user)}`;

export const isTexts = (list: unknown): list is readonly string[] =>
  Array.isArray(list) && list.every((text) => typeof text === "string");

const isTextTable = (table: unknown): table is Readonly<Record<string, string>> =>
  typeof table === "object" && table !== null && !Array.isArray(table) && isTexts(Object.values(table));

const flags = ["reserved", "hidden", "static"] as const;

/** `undefined` for a user that is not in the internal user database. Errors: `account-unsupported` for one that the API does not change. */
export async function readAccount(api: SecurityApi, user: string, call: CallOptions): Promise<Account | undefined> {
  const answer = await api.read("read user", userPath(user), call);
  if (answer === undefined) return undefined;
  const found = memberAt(answer, user);
  const [backend, attributes] = [memberAt(found, "backend_roles"), memberAt(found, "attributes")];
  const [roles, description] = [memberAt(found, "opendistro_security_roles"), memberAt(found, "description")];
  const isDescribed = description === undefined || description === null || typeof description === "string";
  if (!isTexts(backend) || !isTextTable(attributes) || !isTexts(roles) || !isDescribed) throw misbehaved("read user");
  const flag = flags.find((name) => memberAt(found, name) === true);
  if (flag !== undefined) {
    throw new RekeyError("account-unsupported", {
      context: { user, property: flag },
      hint: "the security plugin keeps this user from being changed by its API: make another user for services",
    });
  }
  return {
    user,
    backend_roles: backend,
    attributes,
    opendistro_security_roles: roles,
    ...(typeof description === "string" && { description }),
  };
}
