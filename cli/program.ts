import { Command, Option } from "commander";
import { RekeyError } from "../shared/errors/rekey-error.ts";
import {
  awsOptions,
  type CommandContext,
  type CommandDefinition,
  type CommandOption,
  type Options,
  type Program,
} from "./command.ts";

/** What a command's run ended with. */
type Ended = (exitCode: number) => void;

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const optionOf = ({ flags, about, many = false }: CommandOption): Option => {
  const option = new Option(flags, about);
  return many ? option.argParser(collect) : option;
};

/** The SDK reads its settings from the environment, so that every command and every client has the same. */
function setAwsEnvironment({ profile, region, endpointUrl }: Options): void {
  const variables = {
    AWS_PROFILE: profile,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpointUrl,
  };
  for (const [name, value] of Object.entries(variables)) if (typeof value === "string") process.env[name] = value;
}

function hasPassword(text: string): boolean {
  try {
    return new URL(text).password !== "";
  } catch {
    return false;
  }
}

/** Every user of the machine can read a command line. */
function refusePasswords(options: Options): void {
  for (const [option, value] of Object.entries(options)) {
    if (typeof value !== "string" || !hasPassword(value)) continue;
    throw new RekeyError("option-invalid", {
      context: { option, problem: "it has a password, which other users of this machine can read on the command line" },
      hint: "set the environment variable in its place, such as REDIS_URL or AWS_ENDPOINT_URL, and change the password",
    });
  }
}

const inLines = (examples: readonly string[]): string =>
  examples.length === 0 ? "" : `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}\n`;

function commandOf(
  definition: CommandDefinition,
  contextOf: (definition: CommandDefinition) => CommandContext,
  ended: Ended,
): Command {
  const { name, words, summary, about, examples, aws, load } = definition;
  const command = new Command(name)
    .summary(summary)
    .description([summary, ...about].join("\n\n"))
    .addHelpText("after", inLines(examples))
    .allowExcessArguments(false);
  for (const word of words) command.argument(word.name, word.about);
  for (const option of definition.options) command.addOption(optionOf(option));
  if (aws) for (const option of awsOptions) command.addOption(optionOf(option).helpGroup("AWS:"));
  return command.action(async () => {
    const options: Options = command.opts();
    refusePasswords(options);
    if (aws) setAwsEnvironment(options);
    const run = await load();
    ended(await run(command.args, options, contextOf(definition)));
  });
}

/** The parser of these commands. It never ends the process: wrong use is a `CommanderError`. */
export function programOf(
  { commands, version }: Program,
  contextOf: (definition: CommandDefinition) => CommandContext,
  ended: Ended,
): Command {
  const program = new Command("rekey")
    .description("Rotates credentials, and moves every service to the new one without a failed query.")
    .version(version)
    .helpCommand("help [command]", "the same as --help")
    .addHelpText("after", "\nExit codes, settings and every command: docs/reference/cli.md\n");
  for (const definition of commands) {
    program.addCommand(commandOf(definition, contextOf, ended).copyInheritedSettings(program));
  }
  program.exitOverride().showHelpAfterError("(rekey --help shows the commands)");
  for (const command of program.commands) {
    command.exitOverride().showHelpAfterError(`(rekey ${command.name()} --help shows how it is used)`);
  }
  return program;
}
