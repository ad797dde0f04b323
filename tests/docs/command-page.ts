import {
  awsOptions,
  type CommandDefinition,
  type CommandKind,
  type CommandOption,
  exitCodes,
} from "../../cli/command.ts";
import { commands } from "../../cli/commands.ts";

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");

const optionTable = (options: readonly CommandOption[]): readonly string[] => [
  "| option | |",
  "|---|---|",
  ...options.map(({ flags, about }) => `| \`${flags}\` | ${cell(about)} |`),
  "",
];

function commandSection(command: CommandDefinition): readonly string[] {
  const { name, words, summary, about, options, examples, exitCodes: own = {}, aws } = command;
  const usage = ["rekey", name, ...words.map((word) => word.name), ...(options.length > 0 ? ["[options]"] : [])];
  const codes = Object.entries(own).map(([code, meaning]) => `${code}: ${meaning}`);
  return [
    `## rekey ${name}`,
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    "",
    "```text",
    usage.join(" "),
    "```",
    "",
    ...about.flatMap((paragraph) => [paragraph, ""]),
    ...words.flatMap((word) => [`\`${word.name}\`: ${word.about}.`, ""]),
    ...(options.length > 0 ? optionTable(options) : []),
    ...(aws ? ["Also the options for AWS.", ""] : []),
    ...(codes.length > 0 ? [`Exit code ${codes.join("; ")}.`, ""] : []),
    ...(examples.length > 0 ? ["```text", ...examples, "```", ""] : []),
  ];
}

const namesOf = (kind: CommandKind): string =>
  commands
    .filter((command) => command.kind === kind)
    .map(({ name }) => `\`${name}\``)
    .join(", ");

/** `docs/reference/cli.md`, made from the commands themselves. */
export function commandPage(): string {
  return [
    "# The command line",
    "",
    "Made from `cli/commands` by `npm run docs`. `rekey <command> --help` says the same in the terminal. In this repository it is",
    "`npx rekey` after `npm run build`, or `node cli/main.ts`. It is one file that needs no package: Node.js 20.3 or newer,",
    "`rekey local` 22 or newer.",
    "",
    "| command | |",
    "|---|---|",
    ...commands.map(({ name, summary }) => `| [${name}](#rekey-${name}) | ${cell(summary)} |`),
    "",
    "## Conventions",
    "",
    "Results go to stdout, questions, progress and errors to stderr. `--json` is for programs: its fields are added to, not renamed.",
    "Colours and progress are for terminals, and `NO_COLOR` turns the colours off. What changes something says what it will do and",
    "asks; `--yes` answers. Ctrl-C ends a command in order, a second one at once. No value of a secret is printed.",
    "",
    `Commands that change something (${namesOf("changes")}) finish what they began when nobody reads their output any more, as after`,
    "`rekey rotate --all --yes --json | head`, and their exit code is the result of the work. Commands that only read",
    `(${namesOf("reads")}) end then, with exit code 141, as \`git log | head\` does; with \`set -o pipefail\` a script`,
    "sees it. Where stdout cannot be written for another reason, such as a full disk, stderr has one line with the system's code, the",
    "exit code is not 0, and what changes something is finished all the same. Errors that cannot be written change no exit code.",
    "",
    "A terminal that is closed (SIGHUP) ends a command in order, as Ctrl-C does. Without a terminal, as under `nohup`, systemd or in a",
    "container, SIGHUP does nothing. A reader that is slow holds a command up once 16 MB wait for it; after ten minutes without a byte",
    "read it counts as gone.",
    "",
    "Control characters, escape sequences and characters that reorder text or end a line are printed as `\\u001b`, wherever a name, a tag or",
    "a server put them. In `--json` that is JSON's own escape, so programs read the text as it is. A URL with a password is refused as an",
    "option, because other users of the machine can read the command line; put it in the environment variable.",
    "",
    "`doctor`, `adopt`, `rollback` and the console log in to servers in separate processes, without your AWS credentials, and end a login",
    "by force after 30 s. They read the secret and the admin secrets in the configuration of its rotation function",
    "(`REKEY_ADMIN_SECRETS`), or in your own environment where that configuration cannot be read, and no other admin secret.",
    "",
    "| exit code | |",
    "|---|---|",
    ...Object.entries(exitCodes).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    "An error is its code with the context, what to do about it, and its place in the [runbook](../runbook.md).",
    "",
    "### Options for AWS",
    "",
    "Credentials are found as the AWS command line finds them: profiles, IAM Identity Center, roles, the environment.",
    "",
    ...optionTable(awsOptions),
    "### Rights",
    "",
    "| command | on Secrets Manager | beside it |",
    "|---|---|---|",
    "| status | `ListSecrets` | `--details`: `dynamodb:BatchGetItem`, Vault: read |",
    "| history | `DescribeSecret`, `ListSecretVersionIds` | `logs:FilterLogEvents`, `cloudtrail:LookupEvents`; each may be missing |",
    "| rotate | `DescribeSecret`, `ListSecretVersionIds`, `RotateSecret`; `--reason`: `TagResource`; `--tag`, `--all`: `ListSecrets` | `lambda:InvokeFunction` on the rotation function; `logs:FilterLogEvents`, for steps and causes, may be missing |",
    "| rollback | as rotate, and `GetSecretValue`, `PutSecretValue`, `UpdateSecretVersionStage` | reaches the database |",
    "| adopt | `DescribeSecret`, `GetSecretValue`, `TagResource`, `RotateSecret` | `lambda:InvokeFunction`; as doctor; reaches the database |",
    "| detach | `ListSecrets`, `DescribeSecret`, `CancelRotateSecret`; `--remove-tags`: `UntagResource` | `--stack`: `sns:ListSubscriptionsByTopic`, `sns:Unsubscribe`; for what stays `cloudformation:ListStackResources`, `cloudformation:GetTemplate`, `events:ListRules`, which may be missing; `--remove-tags`: `lambda:GetFunctionConfiguration` |",
    "| doctor | `DescribeSecret`, `GetSecretValue`, also of other rotated secrets; `ListSecrets`, without a secret needed, else it may be missing | `lambda:GetFunctionConfiguration`, `iam:SimulatePrincipalPolicy`; without a secret `sqs:ListQueues`, `sqs:GetQueueAttributes`, `lambda:GetAccountSettings`; each may be missing; Vault: log in; reaches the database |",
    "| mirror | `DescribeSecret`, `GetSecretValue`; `--all`: `ListSecrets` | Vault: [the mirror's policy](#rekey-vault-policy) |",
    "| migrate-mirror | `ListSecrets`, `DescribeSecret`, `GetSecretValue` | each Vault: [the mirror's policy](#rekey-vault-policy) |",
    "| exec | `GetSecretValue` | the channel: `sns:Subscribe`, `sns:Unsubscribe` and `sqs:*` on `rekey-subscriber-*`, or what its queue needs |",
    "| smoke-test | its dry run prints them | |",
    "",
    ...commands.flatMap(commandSection),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}
