import { rotationReasonTag } from "../shared/tags/tag-names.ts";

/** The options on the command line, by name in camel case. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What was started: `rekey` with all of its commands, or the agent alone. */
export interface Program {
  readonly commands: readonly CommandDefinition[];
  readonly version: string;
}

export interface CommandContext {
  readonly program: Program;
  /** Fires at Ctrl-C, and when the time of a short command is up. */
  readonly signal: AbortSignal;
  /** Whether it was Ctrl-C. */
  readonly isInterrupted: () => boolean;
}

/** Returns the exit code. Errors: `RekeyError`. */
export type Run = (words: readonly string[], options: Options, context: CommandContext) => Promise<number>;

export interface CommandOption {
  /** As commander reads them: `--rate <number>`, `--no-wait`. */
  readonly flags: string;
  readonly about: string;
  /** May be given several times. */
  readonly many?: boolean;
}

/**
 * `reads`: it only prints, so it ends when nobody reads its output any more. `changes`: it finishes what it began, even
 * without a reader. `serves`: it answers requests, and continues after an uncaught error.
 */
export type CommandKind = "reads" | "changes" | "serves";

/** One command, described without loading what it does: for help, completion, the reference and the parser alike. */
export interface CommandDefinition {
  readonly name: string;
  readonly kind: CommandKind;
  readonly words: readonly { readonly name: string; readonly about: string }[];
  readonly summary: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /** Beyond those that every command has. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  /** Whether it takes `--profile`, `--region` and `--endpoint-url`. */
  readonly aws: boolean;
  /** `false`: no limit (default: 60,000). */
  readonly timeoutMs?: number | false;
  /** Whether it listens to signals itself, so that none interrupts it. */
  readonly ownSignals?: boolean;
  readonly load: () => Promise<Run>;
}

export const searchOption: CommandOption = { flags: "--search <words>", about: "of the name, by their beginnings" };
export const tagOption: CommandOption = { flags: "--tag <key[=value]>", about: "secrets with this tag" };
export const jsonOption: CommandOption = { flags: "--json", about: "for programs" };
export const yesOption: CommandOption = { flags: "-y, --yes", about: "do not ask; needed where there is no terminal" };
export const clusterOption: CommandOption = {
  flags: "--cluster <name=file>",
  about: "look at this Vault cluster, by the VAULT_ variables in the file; may be given several times",
  many: true,
};
export const reasonOption: CommandOption = {
  flags: "--reason <text>",
  about: `why, kept in the secret's tag ${rotationReasonTag} and so in CloudTrail`,
};

export const awsOptions: readonly CommandOption[] = [
  { flags: "--profile <name>", about: "of the AWS configuration, as AWS_PROFILE" },
  { flags: "--region <name>", about: "as AWS_REGION" },
  { flags: "--endpoint-url <url>", about: "of every AWS service, as AWS_ENDPOINT_URL: the local stack's" },
];

/** As a shell reports a program that a signal ended: 128 and the signal's number. */
export const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** What a command returns that was interrupted; the process ends with its signal's code. */
export const interruptedCode = signalCodes.SIGINT;
/** As `git log | head` ends. */
export const readerGoneCode = 141;

export const exitCodes: Readonly<Record<number, string>> = {
  0: "done, and nothing to object",
  1: "not done, or something was found: the error's code, or the findings, say what",
  2: "wrong use: an unknown command or option, or a missing word",
  [signalCodes.SIGHUP]: "interrupted because its terminal was closed",
  [signalCodes.SIGINT]: "interrupted with Ctrl-C",
  [readerGoneCode]: "a command that only reads, ended because nobody reads its output: `rekey status | head`",
  [signalCodes.SIGTERM]: "interrupted with SIGTERM",
};
