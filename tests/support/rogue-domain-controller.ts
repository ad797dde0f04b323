import { attribute, entry, type LdapRequest, message, result } from "./rogue-ldap.ts";

const sid = "S-as-bytes-0001";

/** What a domain controller says of itself and of the user, in one entry. */
const shown: Readonly<Record<string, readonly string[]>> = {
  defaultNamingContext: ["DC=rekey,DC=test"],
  configurationNamingContext: ["CN=Configuration,DC=rekey,DC=test"],
  supportedCapabilities: ["1.2.840.113556.1.4.800"],
  domainControllerFunctionality: ["7"],
  tokenGroups: [sid],
  objectSid: [sid],
  userAccountControl: ["512"],
};
export const domainEntry = (change: Readonly<Record<string, readonly string[]>> = {}): Buffer =>
  entry(...Object.entries({ ...shown, ...change }).map(([name, values]) => attribute(name, ...values)));
export const searched = (id: number, ...entries: readonly Buffer[]): Buffer =>
  Buffer.concat([...entries.map((one) => message(id, one)), message(id, result(0x65, 0))]);
/** As a domain controller answers a user of its domain. */
export const asDomainController = (kind: LdapRequest, honest: Buffer, id: number): Buffer =>
  kind === "search" ? searched(id, domainEntry()) : honest;
