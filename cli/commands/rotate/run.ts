import { isRekeyError, RekeyError } from "../../../shared/errors/rekey-error.ts";
import {
  type CampaignOptions,
  campaignWaves,
  newCampaign,
} from "../../../shared/operations/campaign/campaign-options.ts";
import { rotateCampaign } from "../../../shared/operations/campaign/rotate-campaign.ts";
import { fleet } from "../../../shared/operations/fleet/fleet-page.ts";
import { canRotate } from "../../../shared/operations/fleet/health.ts";
import { type CommandContext, type Options, interruptedCode, type Run } from "../../command.ts";
import { drawCampaign } from "./draw-campaign.ts";
import { filterOf, flagOption, numberOption, textOption } from "../../options.ts";
import { operator } from "../../wiring/operator.ts";
import { printError, roomToPrint } from "../../output/output.ts";
import { confirmed } from "../../output/terminal.ts";

const wrongUse = (problem: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option: "secrets", problem }, hint });

/** Nothing is rotated where one of the names is wrong. Errors: `secret-not-found`, and those of the store. */
async function knownNames(words: readonly string[], context: CommandContext): Promise<readonly string[]> {
  const names = [...new Set(words)];
  const { store } = operator();
  for (const name of names) await store.describe(name, context);
  return names;
}

/** By name where one was given, so that the plan says what the operator said. */
async function selected(
  words: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<readonly string[]> {
  const tag = textOption(options, "tag");
  const all = flagOption(options, "all");
  const ways = [words.length > 0, tag !== undefined, all].filter(Boolean).length;
  if (ways !== 1) throw wrongUse("which ones", "name secrets, or say --tag or --all, one of the three");
  if (words.length > 0) return knownNames(words, context);
  const names: string[] = [];
  for await (const secret of fleet(operator(), filterOf(options), context)) {
    if (canRotate(secret)) names.push(secret.name);
  }
  return names;
}

function campaignOptions(options: Options): CampaignOptions {
  const minutes = numberOption(options, "timeout");
  const set = {
    reason: textOption(options, "reason"),
    canary: numberOption(options, "canary"),
    waveSize: numberOption(options, "wave"),
    startsPerSecond: numberOption(options, "rate"),
    atOnce: numberOption(options, "atOnce"),
    stopAfter: numberOption(options, "stopAfter"),
    timeoutMs: minutes === undefined ? undefined : minutes * 60_000,
    wait: options["wait"] !== false,
  };
  return {
    campaign: textOption(options, "campaign") ?? newCampaign(),
    ...Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)),
  };
}

const shownNames = 10;

function question(secrets: readonly string[], options: CampaignOptions): readonly string[] {
  const { campaign, reason, startsPerSecond, waves } = campaignWaves(secrets, options);
  const more = secrets.length - shownNames;
  const inWaves = waves.length > 1 ? `, in waves of ${waves.map((wave) => wave.length).join(", ")}` : "";
  return [
    `Rotate ${secrets.length} secret${secrets.length === 1 ? "" : "s"} now${inWaves}, at most ${startsPerSecond} begun a second:`,
    ...secrets.slice(0, shownNames).map((name) => `  ${name}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(reason === undefined ? [] : [`reason: ${reason}`]),
    `campaign: ${campaign}`,
  ];
}

/** Rotates now, and prints what becomes of it. */
export const run: Run = async (words, options, context) => {
  const campaign = campaignOptions(options);
  const secrets = await selected(words, options, context);
  if (secrets.length === 0) {
    printError("no secret to rotate");
    return 0;
  }
  if (!(await confirmed(question(secrets, campaign), flagOption(options, "yes"), context.signal))) return 1;
  const draw = drawCampaign({ json: flagOption(options, "json"), secrets: secrets.length });
  try {
    for await (const event of rotateCampaign(operator(), secrets, campaign, context)) {
      draw.event(event);
      await roomToPrint();
    }
  } catch (error) {
    if (!isRekeyError(error) || !context.isInterrupted()) throw error;
  } finally {
    draw.end();
  }
  return context.isInterrupted() ? interruptedCode : draw.exitCode();
};
