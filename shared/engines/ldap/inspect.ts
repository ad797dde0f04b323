import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { isAtLeast } from "../inspecting.ts";
import { userPassword } from "./account.ts";
import type { Connection, Entry } from "./connection.ts";
import { oldestVersions } from "./product.ts";

/** `undefined` also where the session may not ask. */
async function readShown(
  connection: Connection,
  dn: string,
  attribute: string,
  call: CallOptions,
): Promise<Entry | undefined> {
  return connection.read(dn, [attribute], call).catch((error: unknown) => {
    if (isRekeyError(error, "database-rights-missing")) return undefined;
    throw error;
  });
}

const textsAt = (entry: Entry | undefined, attribute: string): readonly string[] =>
  (entry?.get(attribute.toLowerCase()) ?? []).map((value) => value.toString("utf8"));

/**
 * What the session is shown. slapd tells its version to whoever may read its monitor, and to nobody that it takes no changes: a
 * rehearsal finds that out.
 */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const kinds = textsAt(await readShown(connection, "", "objectClass", call), "objectClass");
  const isOpenLdap = kinds.includes("OpenLDAProotDSE");
  const [about = ""] = textsAt(await readShown(connection, "cn=Monitor", "monitoredInfo", call), "monitoredInfo");
  const [, version] = /^OpenLDAP: slapd (\d+(?:\.\d+){1,3})/.exec(about) ?? [];
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const entry = await readShown(connection, user, userPassword, call);
    if (entry === undefined) continue;
    const passwords = textsAt(entry, userPassword).length;
    users.set(user, {
      mayBeChanged: passwords > 0,
      isOurAlternate: false,
      ...(passwords > 1 ? { passwords } : {}),
    });
  }
  return {
    version: isOpenLdap ? `OpenLDAP ${version ?? "of a version that it does not show"}` : "not OpenLDAP",
    isSupported: isOpenLdap && (version === undefined || isAtLeast(version, oldestVersions.OpenLDAP)),
    isReadOnly: false,
    users,
  };
}
