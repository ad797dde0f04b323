import { AndFilter, EqualityFilter, type Filter } from "ldapts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection, Entry } from "../ldap/connection.ts";
import { parseName } from "./names.ts";

/** What a domain controller says of itself and of the session. */
export interface Directory {
  /** The names of the domain and of the forest's configuration. */
  readonly domain: string;
  readonly configuration: string;
  /** Who the session is: the ids of its user and of that one's groups. */
  readonly token: readonly Buffer[];
  readonly level: number;
  readonly isReadOnly: boolean;
}

/** Source: MS-ADTS, 3.1.1.3.4.3. */
const capabilities = { activeDirectory: "1.2.840.113556.1.4.800", readOnly: "1.2.840.113556.1.4.1920" } as const;

export const textsAt = (entry: Entry | undefined, attribute: string): readonly string[] =>
  (entry?.get(attribute.toLowerCase()) ?? []).map((value) => value.toString("utf8"));
export const textAt = (entry: Entry | undefined, attribute: string): string => textsAt(entry, attribute)[0] ?? "";

/** Errors: `engine-unsupported` for a server that is no domain controller. */
export async function readDirectory(connection: Connection, call: CallOptions): Promise<Directory> {
  const wanted = "defaultNamingContext configurationNamingContext tokenGroups supportedCapabilities".split(" ");
  const root = await connection.read("", [...wanted, "domainControllerFunctionality"], call);
  const [domain, configuration] = [textAt(root, "defaultNamingContext"), textAt(root, "configurationNamingContext")];
  const can = textsAt(root, "supportedCapabilities");
  if (!can.includes(capabilities.activeDirectory) || domain === "" || configuration === "") {
    throw new RekeyError("engine-unsupported", {
      context: { problem: "no domain controller" },
      hint: "the server does not say that it is Active Directory: for OpenLDAP, write ldap in the secret's engine",
    });
  }
  return {
    domain,
    configuration,
    token: root?.get("tokengroups") ?? [],
    level: Number(textAt(root, "domainControllerFunctionality")),
    isReadOnly: can.includes(capabilities.readOnly),
  };
}

/** A user of the directory, with the attributes that were asked for. */
export interface User {
  readonly dn: string;
  /** Its id, which no other user ever has. */
  readonly sid: Buffer;
  /** Bits of `userAccountControl`. */
  readonly flags: number;
  readonly entry: Entry;
}

export const flags = { disabled: 0x2, ordinary: 0x200 } as const;

const equals = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value });
const both = (...filters: Filter[]): Filter => new AndFilter({ filters });

/** The domain's name in the way of the DNS: `corp.example.com` of `DC=corp,DC=example,DC=com`. */
const dnsNameOf = (domain: string): string =>
  domain
    .replaceAll(/(?:^|,)DC=/giu, ".")
    .slice(1)
    .toLowerCase();

/** The entries that a name may stand for. No name is ever written into a filter's text. */
async function entriesNamed(
  connection: Connection,
  { domain, configuration }: Directory,
  username: string,
  attributes: readonly string[],
  call: CallOptions,
): Promise<readonly Entry[]> {
  const name = parseName(username);
  const usersWith = async (attribute: string, value: string): Promise<readonly Entry[]> =>
    connection.find(domain, both(equals("objectClass", "user"), equals(attribute, value)), attributes, call);
  if (name.form === "distinguished name") {
    const entry = await connection.read(name.dn, attributes, call);
    return entry === undefined ? [] : [entry];
  }
  if (name.form === "domain and account") {
    const isThisDomain = both(equals("nETBIOSName", name.domain), equals("nCName", domain));
    const [own] = await connection.find(`CN=Partitions,${configuration}`, isThisDomain, ["nETBIOSName"], call);
    return own === undefined ? [] : usersWith("sAMAccountName", name.account);
  }
  const found = await usersWith("userPrincipalName", username);
  if (found.length > 0 || name.suffix.toLowerCase() !== dnsNameOf(domain)) return found;
  // A user that has no principal name of its own is known by that of its account.
  return usersWith("sAMAccountName", name.account);
}

function userOf(entry: Entry, username: string): User {
  const [dn, bits, sid] = [textAt(entry, "dn"), textAt(entry, "userAccountControl"), entry.get("objectsid")?.[0]];
  if (sid === undefined || bits === "") {
    throw new RekeyError("database-rights-missing", {
      context: { user: username, right: "read objectSid and userAccountControl" },
      hint: "let the session read the user's entry, as every user of a domain may unless somebody took that from it",
    });
  }
  if (dn === "" || !/^\d{1,10}$/.test(bits) || sid.length < 12 || sid.length > 68) {
    throw new RekeyError("server-misbehaved", { context: { problem: "a user of another form" } });
  }
  if ((Number(bits) & flags.ordinary) === 0) {
    throw new RekeyError("account-unsupported", {
      context: { user: username, property: "kind of account" },
      hint: "the account is of a machine, a managed service or a trust, whose passwords are not set by hand: take a user account",
    });
  }
  return { dn, sid, flags: Number(bits), entry };
}

const always = ["objectSid", "userAccountControl"];

/** Of so many in a millisecond. */
const ticks = 10_000n;
const ticksTo1970 = 116_444_736_000_000_000n;
const never = 0x7fff_ffff_ffff_ffffn;

/** A time that the directory counts from 1601 on; `undefined` for never. */
export function timeAt({ entry }: User, attribute: string): Date | undefined {
  const text = textAt(entry, attribute);
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const counted = BigInt(text);
  return counted === 0n || counted === never ? undefined : new Date(Number((counted - ticksTo1970) / ticks));
}

/** A span of time in milliseconds, which the directory keeps as a negative number. */
export function intervalAt(entry: Entry | undefined, attribute: string): number {
  const text = textAt(entry, attribute);
  return /^-\d{1,19}$/.test(text) ? Number(BigInt(text) / -ticks) : 0;
}

/** `undefined` for a user that the session is not shown. Errors: `account-unsupported`, `database-rights-missing`. */
export async function findUser(
  connection: Connection,
  directory: Directory,
  username: string,
  call: CallOptions,
  attributes: readonly string[] = [],
): Promise<User | undefined> {
  const [entry, ...more] = await entriesNamed(connection, directory, username, [...always, ...attributes], call);
  if (entry === undefined) return undefined;
  if (more.length === 0) return userOf(entry, username);
  throw new RekeyError("account-unsupported", {
    context: { user: username, property: "name that several users have" },
    hint: "write the user's distinguished name in the secret",
  });
}

export async function requireUser(...asked: Parameters<typeof findUser>): Promise<User> {
  const user = await findUser(...asked);
  if (user !== undefined) return user;
  throw new RekeyError("credential-refused", {
    context: { user: asked[2], problem: "no such user of this domain, or none that is shown" },
  });
}

/** Whether the session is this very user's. */
export const isOwn = ({ token }: Directory, { sid }: User): boolean => token.some((id) => id.equals(sid));
