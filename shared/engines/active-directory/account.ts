import { RekeyError } from "../../errors/rekey-error.ts";
import { strategyTag } from "../../tags/tag-names.ts";
import { flags, timeAt, type User } from "./directory.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What the second of two users gets from the first. */
export const copied = words(`
  accountExpires logonHours userWorkstations userAccountControl msDS-SupportedEncryptionTypes
  scriptPath profilePath homeDirectory homeDrive userParameters
  description department division company title info comment l st c co postalCode streetAddress
  physicalDeliveryOfficeName telephoneNumber mobile ipPhone wWWHomePage employeeType manager
  gidNumber loginShell unixHomeDirectory preferredLanguage countryCode codePage localeID
`);

/** What makes a user this one, what the server keeps of its logins and changes, and rekey's mark. */
const ofEachItsOwn = new Set(
  words(`
  dn distinguishedName cn name sAMAccountName userPrincipalName displayName givenName sn initials uid mail
  mS-DS-ConsistencyGuid msDS-ExternalDirectoryObjectId objectGUID objectSid objectClass objectCategory sAMAccountType instanceType uidNumber
  whenCreated whenChanged uSNCreated uSNChanged dSCorePropagationData createTimeStamp modifyTimeStamp
  pwdLastSet lockoutTime badPwdCount badPasswordTime lastLogon lastLogoff lastLogonTimestamp logonCount
  msDS-LastSuccessfulInteractiveLogonTime msDS-LastFailedInteractiveLogonTime
  msDS-FailedInteractiveLogonCount msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon
  adminCount adminDescription memberOf primaryGroupID *
`).map((name) => name.toLowerCase()),
);
const known = new Set([...ofEachItsOwn, ...copied.map((name) => name.toLowerCase())]);

/** A user may not write it on its own entry. */
export const mark = "adminDescription";
export const markOf = ({ sid }: User): string => `rekey: alternate of ${sid.toString("hex")}`;

/** What a pair is planned by: all that a user has, and by name what is read as bytes. */
export const wholeUser = ["*", "objectGUID", "logonHours", "memberOf", "primaryGroupID", mark];

/** More groups than a login can carry are not listed in one answer either. */
const tooMany = /;range=/;

/** Errors: `account-unsupported` for what an alternate could not have as well, `credential-expired`. */
export function requireCopyable(first: User, username: string): void {
  const other = [...first.entry].find(([name, values]) => values.length > 0 && !known.has(name))?.[0];
  if (other !== undefined) {
    const property = tooMany.test(other) ? "number of groups" : other.slice(0, 60);
    throw new RekeyError("account-unsupported", {
      context: { user: username, property },
      hint: `rekey does not know how to give an alternate user this attribute as well: take it off, or rotate with ${strategyTag}=single-user`,
    });
  }
  const until = timeAt(first, "accountExpires");
  if (until !== undefined && until.getTime() <= Date.now()) {
    throw new RekeyError("credential-expired", {
      context: { user: username, until: until.toISOString() },
      hint: "the account itself has expired (accountExpires): give it a later date",
    });
  }
}

/** Why a user is not one of a pair. */
export const excluded = (user: User): string | undefined =>
  (user.flags & flags.disabled) === 0 ? undefined : "the first user is disabled";
