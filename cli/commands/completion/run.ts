import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { awsOptions, type CommandDefinition, type Run } from "../../command.ts";
import { print } from "../../output/output.ts";

const longFlags = ({ options, aws }: CommandDefinition): readonly { readonly flag: string; readonly about: string }[] =>
  [...options, ...(aws ? awsOptions : []), { flags: "--help", about: "how it is used" }].map(({ flags, about }) => ({
    flag: /--[\w-]+/.exec(flags)?.[0] ?? flags,
    about,
  }));

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function bash(commands: readonly CommandDefinition[]): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) words="${longFlags(command)
        .map(({ flag }) => flag)
        .join(" ")}" ;;`,
  );
  return [
    "_rekey() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(" ")} --help --version"`,
    '  elif [[ "$current" == -* ]]; then case "${COMP_WORDS[1]}" in',
    ...cases,
    "    esac",
    '  else COMPREPLY=($(compgen -f -- "$current")); return; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -F _rekey rekey",
  ].join("\n");
}

function zsh(commands: readonly CommandDefinition[]): string {
  const described = (name: string, about: string): string => quoted(`${name}:${about.replaceAll(":", String.raw`\:`)}`);
  const option = (flag: string, about: string): string =>
    quoted(`${flag}[${about.replaceAll(/[[\]:]/g, (sign) => `\\${sign}`)}]`);
  return [
    "#compdef rekey",
    "_rekey() {",
    "  local -a names",
    `  names=(${commands.map(({ name, summary }) => described(name, summary)).join(" ")})`,
    "  if (( CURRENT == 2 )); then _describe command names; return; fi",
    '  case "$words[2]" in',
    ...commands.map(
      (command) =>
        `    ${command.name}) _arguments ${longFlags(command)
          .map(({ flag, about }) => option(flag, about))
          .join(" ")} '*:word:_files' ;;`,
    ),
    "  esac",
    "}",
    'if [ "$funcstack[1]" = _rekey ]; then _rekey "$@"; else compdef _rekey rekey; fi',
  ].join("\n");
}

function fish(commands: readonly CommandDefinition[]): string {
  return commands
    .flatMap((command) => [
      `complete -c rekey -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`,
      ...longFlags(command).map(
        ({ flag, about }) =>
          `complete -c rekey -n '__fish_seen_subcommand_from ${command.name}' -l ${flag.slice(2)} -d ${quoted(about)}`,
      ),
    ])
    .join("\n");
}

const shells: Readonly<Record<string, (commands: readonly CommandDefinition[]) => string>> = { bash, zsh, fish };

/** Prints the completion script of a shell, made from the commands. */
export const run: Run = async ([shell = ""], _options, { program }) => {
  const script = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
  if (script === undefined) {
    throw new RekeyError("option-invalid", { context: { option: "shell" }, hint: "use bash, zsh or fish" });
  }
  print(...script(program.commands).split("\n"));
  return 0;
};
