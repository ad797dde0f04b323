import type { CampaignEvent } from "../../../shared/operations/campaign/campaign-events.ts";
import { secretNameIn } from "../../../shared/rotation/secret-name.ts";
import { print, printJson } from "../../output/output.ts";
import { bar, coloured, progressLine } from "../../output/terminal.ts";
import { instant } from "../../output/times.ts";

type Told<Type extends CampaignEvent["type"]> = CampaignEvent & { readonly type: Type };

const colours = {
  requested: "dim",
  waiting: "yellow",
  promoted: "dim",
  rotated: "green",
  already: "dim",
  failed: "red",
} as const;

function progressText({ secretArn, versionId, progress, code, hint }: Told<"progress">): readonly string[] {
  const line = `${coloured(colours[progress], progress.padEnd(9))}  ${secretNameIn(secretArn)}  ${versionId}`;
  return code === undefined ? [line] : [line, `           ${code}: ${hint ?? ""}`];
}

function stepText({ step: { step, at, outcome, durationMs, code } }: Told<"step">): string {
  const how = code === undefined ? outcome : `${outcome}: ${code}`;
  return coloured("dim", `  ${instant(at)}  ${step}  ${how}${durationMs === undefined ? "" : `, ${durationMs} ms`}`);
}

function endText({ campaign, rotated, already, failed, left, stopped }: Told<"campaign-finished">): readonly string[] {
  const parts = [
    `${rotated} rotated`,
    ...(already > 0 ? [`${already} before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} not begun`] : []),
  ];
  return [parts.join(", "), ...(stopped === "no" && failed === 0 ? [] : [`go on with: --campaign ${campaign}`])];
}

/** Prints a campaign's events: each on a line of stdout, and how far it is on stderr, where that is a terminal. */
export function drawCampaign({ json, secrets }: { readonly json: boolean; readonly secrets: number }) {
  const line = progressLine();
  const counts = { rotated: 0, already: 0, failed: 0 };
  let begun = 0;
  let end: Told<"campaign-finished"> | undefined;

  const text = (event: CampaignEvent): readonly string[] => {
    switch (event.type) {
      case "progress":
        // Intermediate progress is a line for one secret, and only a count for many.
        return secrets > 1 && (event.progress === "requested" || event.progress === "promoted")
          ? []
          : progressText(event);
      case "step":
        return secrets > 1 ? [] : [stepText(event)];
      case "wave-started":
        return secrets > 1 ? [coloured("dim", `wave ${event.wave}: ${event.secrets}`)] : [];
      case "not-told":
        return [coloured("yellow", `${event.target} was not told of it: ${event.code}: ${event.hint}`)];
      case "campaign-finished":
        return endText(event);
      case "campaign-started":
      case "wave-finished":
        return [];
    }
  };

  return {
    event(event: CampaignEvent): void {
      if (event.type === "campaign-finished") end = event;
      if (event.type === "progress") {
        if (event.progress === "requested") begun++;
        if (event.progress in counts) counts[event.progress as keyof typeof counts]++;
      }
      line.clear();
      if (json) printJson(event);
      else print(...text(event));
      const { rotated, already, failed } = counts;
      if (end === undefined && secrets > 1) {
        const underWay = Math.max(begun - rotated - failed, 0);
        line.show(`${bar(rotated + already + failed, secrets)}  ${underWay} under way, ${failed} failed`);
      }
    },
    end: () => line.clear(),
    exitCode: (): number => (end !== undefined && end.failed === 0 && end.left === 0 ? 0 : 1),
  };
}
