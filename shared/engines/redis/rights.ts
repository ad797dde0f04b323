import { RekeyError } from "../../errors/rekey-error.ts";

/** What rekey runs beyond the login, with the categories that each is in. */
const ofAdmins = ["@all", "@admin", "@slow", "@dangerous"];
const categories = {
  "acl|getuser": ofAdmins,
  "acl|save": ofAdmins,
  "acl|setuser": ofAdmins,
  "client|list": [...ofAdmins, "@connection"],
  "config|get": ofAdmins,
  "config|rewrite": ofAdmins,
  info: ["@all", "@slow", "@dangerous"],
} as const satisfies Record<string, readonly string[]>;
export type RuledCommand = keyof typeof categories;

export interface RuledUser {
  /** The rules for commands of the user and of each of its selectors, such as `-@all +acl|getuser`. */
  readonly commands: readonly string[];
}

/** Rules count in their order, the last one that fits decides. */
function permits(rules: string, command: RuledCommand): boolean {
  const [container] = command.split("|");
  let allowed = false;
  for (const rule of rules.toLowerCase().split(" ")) {
    const name = { allcommands: "+@all", nocommands: "-@all" }[rule] ?? rule;
    const subject = name.slice(1);
    const isMeant = subject === container || subject === command || categories[command].some((one) => one === subject);
    if (isMeant) allowed = name.startsWith("+");
  }
  return allowed;
}

/** Whether the user may run the command by its own rules or by one of its selectors, which the server does not have to be asked. */
export const mayRun = ({ commands }: RuledUser, command: RuledCommand): boolean =>
  commands.some((rules) => permits(rules, command));

/** What a session lacks to change a user, by the command that it may not run (`ACL SETUSER`). */
export function rightHint(operation: string): string {
  const command = operation.toLowerCase().replace(" ", "|");
  return `ACL SETUSER <admin> +${command}; in all the admin needs +acl|setuser +acl|getuser +acl|save, and +select where the secret's dbname is not 0. A user with -@admin cannot change itself, so name an admin secret`;
}

/** Errors: `database-rights-missing`, as the server would answer. */
export function requireRights(own: RuledUser | undefined, commands: readonly RuledCommand[]): void {
  const missing = own === undefined ? undefined : commands.find((command) => !mayRun(own, command));
  if (missing === undefined) return;
  const operation = missing.toUpperCase().replace("|", " ");
  throw new RekeyError("database-rights-missing", {
    context: { operation, reason: "NOPERM" },
    hint: rightHint(operation),
  });
}
