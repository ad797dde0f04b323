import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { unsupported } from "../mysql-family/account.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { passwordCharsetTag, passwordLengthTag } from "../../tags/tag-names.ts";

interface Variable {
  readonly Variable_name: string;
  readonly Value: string;
}

/**
 * What the component `validate_password`, or the older plugin, would say of a text, for a rehearsal: its own function would
 * write the password into the server's log. A dictionary cannot be read. Errors: `account-unsupported`.
 */
export async function checkText(
  connection: Connection,
  { username, password }: Credential,
  call: CallOptions,
): Promise<void> {
  const statement = "SHOW GLOBAL VARIABLES LIKE 'validate_password%'";
  const rows = await connection.run<Variable>("read password policy", statement, call);
  const set = new Map(
    rows.map(({ Variable_name, Value }) => [Variable_name.replace(/^validate_password[._]/, ""), Value]),
  );
  if (set.size === 0) return;
  const least = (name: string): number => Number(set.get(name) ?? 0);
  const text = password.reveal();
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const isName = [username, Array.from(username).reverse().join("")].includes(text);
  const isLow = ["0", "LOW"].includes(set.get("policy") ?? "");
  const isMixed =
    count(/[a-z]/g) >= least("mixed_case_count") &&
    count(/[A-Z]/g) >= least("mixed_case_count") &&
    count(/\d/g) >= least("number_count") &&
    count(/[^0-9A-Za-z]/g) >= least("special_char_count");
  const isTaken = text.length >= least("length") && (isLow || isMixed);
  if (isTaken && !(isName && set.get("check_user_name") === "ON")) return;
  throw unsupported(
    username,
    "password policy",
    `the server's validate_password refuses the password: let the tags ${passwordLengthTag} and ${passwordCharsetTag} make such as it takes, relax validate_password.*, or give the secret an admin, who sets the hash`,
  );
}
