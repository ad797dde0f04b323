import { RekeyError } from "../../errors/rekey-error.ts";
import { beginsAsName } from "../ldap/account.ts";

/** How a secret names its user: the forms by which a domain controller lets a user bind, and which name one user alone. */
export type UserName =
  | { readonly form: "distinguished name"; readonly dn: string }
  | { readonly form: "principal name"; readonly account: string; readonly suffix: string }
  | { readonly form: "domain and account"; readonly account: string; readonly domain: string };

const control = /\p{Cc}/u;

/** Errors: `secret-malformed`. A name by itself could be that of an account, or what another user is shown as. */
export function parseName(username: string): UserName {
  if (username.isWellFormed() && !control.test(username)) {
    if (beginsAsName.test(username)) return { form: "distinguished name", dn: username };
    const [, domain, ofDomain] = /^([^\\]+)\\([^\\]+)$/.exec(username) ?? [];
    if (domain !== undefined && ofDomain !== undefined)
      return { form: "domain and account", account: ofDomain, domain };
    const [, account, suffix] = /^([^\\]+)@([^@\\]+)$/.exec(username) ?? [];
    if (account !== undefined && suffix !== undefined) return { form: "principal name", account, suffix };
  }
  throw new RekeyError("secret-malformed", {
    context: { field: "username", problem: "none of the forms that name one user of a domain" },
    hint: String.raw`write username as orders@corp.example.com, CORP\orders, or CN=orders,OU=services,DC=corp,DC=example,DC=com`,
  });
}

/** The name of the second of two users: AWS's suffix is a part of the account's name, not of its domain's. */
export function alternateName(username: string, suffix: string): string {
  const name = parseName(username);
  if (name.form === "principal name") return `${name.account}${suffix}@${name.suffix}`;
  return `${username}${suffix}`;
}

/** A value as a part of a distinguished name. Source: RFC 4514, 2.4. */
const escaped = (value: string): string =>
  value.replaceAll(/[\\"+,;<>=#]/gu, String.raw`\$&`).replaceAll(/^ | $/gu, String.raw`\20`);

/** The name of an entry next to this one. */
export function nameNextTo(dn: string, account: string): string | undefined {
  const [, parent] = /^(?:\\.|[^\\,])+,(.+)$/su.exec(dn) ?? [];
  return parent === undefined ? undefined : `CN=${escaped(account)},${parent}`;
}

/** Whether an entry is one of this very domain's, and not of a domain below it. */
export function isOfDomain(dn: string, domain: string): boolean {
  const [name, suffix] = [dn.slice(0, -domain.length), dn.slice(-domain.length)];
  return suffix.toLowerCase() === domain.toLowerCase() && name.endsWith(",") && !/(?:^|,)DC=[^,]*,$/i.test(name);
}
