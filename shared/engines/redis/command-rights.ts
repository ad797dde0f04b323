import { RekeyError } from "../../errors/rekey-error.ts";
import type { Account } from "./account.ts";

/** Commands of an administrator; each is in the same categories. */
type AdminCommand = "acl|getuser" | "acl|setuser" | "acl|save" | "config|get" | "config|rewrite";
const categories = new Set(["@all", "@admin", "@slow", "@dangerous"]);

/** Rules count in their order, the last one that fits decides. */
function permits(rules: string, command: AdminCommand): boolean {
  const [container] = command.split("|");
  let allowed = false;
  for (const rule of rules.toLowerCase().split(" ")) {
    const name = { allcommands: "+@all", nocommands: "-@all" }[rule] ?? rule;
    const subject = name.slice(1);
    if (categories.has(subject) || subject === container || subject === command) allowed = name.startsWith("+");
  }
  return allowed;
}

/** Whether the user may run the command by its own rules or by one of its selectors, which the server does not have to be asked. */
export const mayRun = ({ commands }: Account, command: AdminCommand): boolean =>
  commands.some((rules) => permits(rules, command));

/** What a session lacks to change a user, by the command that it may not run (`ACL SETUSER`). */
export function rightHint(operation: string): string {
  const command = operation.toLowerCase().replace(" ", "|");
  return `ACL SETUSER <admin> +${command}; in all the admin needs +acl|setuser +acl|getuser +acl|save, and +select where the secret's dbname is not 0. A user with -@admin cannot change itself, so name an admin secret`;
}

/** Errors: `database-rights-missing`, as the server would answer. */
export function requireRights(own: Account | undefined, commands: readonly AdminCommand[]): void {
  const missing = own === undefined ? undefined : commands.find((command) => !mayRun(own, command));
  if (missing === undefined) return;
  const operation = missing.toUpperCase().replace("|", " ");
  throw new RekeyError("database-rights-missing", {
    context: { operation, reason: "NOPERM" },
    hint: rightHint(operation),
  });
}
