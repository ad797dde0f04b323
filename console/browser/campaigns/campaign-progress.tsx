import { ConnectionNote } from "../components/page.tsx";
import { RunbookLink } from "../components/problem-note.tsx";
import { secretPath } from "../fleet/fleet-table-row.tsx";
import { Steps } from "../secret/steps.tsx";
import type { FollowedCampaign, SecretInCampaign } from "./use-campaign.ts";

const words = {
  requested: "under way",
  waiting: "waiting to be tried again",
  promoted: "new version is current",
  rotated: "rotated",
  already: "rotated before",
  failed: "failed",
} as const;

const kinds = {
  requested: "moving",
  waiting: "moving",
  promoted: "moving",
  rotated: "good",
  already: "still",
  failed: "bad",
} as const;
const isMoving: ReadonlySet<string> = new Set(["requested", "waiting", "promoted"]);

const nameIn = (secretArn: string): string => secretArn.replace(/^.*:secret:/, "").replace(/-[^-]{6}$/, "");

function InCampaign({ secret: { secretArn, progress, code, hint, steps } }: { readonly secret: SecretInCampaign }) {
  return (
    <li>
      <a href={secretPath(secretArn)}>{nameIn(secretArn)}</a>{" "}
      <span class={`badge ${kinds[progress]}`}>{words[progress]}</span>
      {code !== undefined && (
        <p class="failure">
          {hint} <RunbookLink code={code} />
        </p>
      )}
      {steps.length > 0 && <Steps steps={steps} />}
    </li>
  );
}

/** Drawn at once: of a large campaign those that failed, those under way, and the newest that are done. */
const mostShown = 200;

/** The bar shows what has ended; a screen reader announces the numbers when they change. */
export function CampaignProgress({ state, secrets }: { readonly state: FollowedCampaign; readonly secrets: number }) {
  const all = [...state.secrets.values()];
  const ended = all.filter(({ progress }) => progress === "rotated" || progress === "already").length;
  const failed = all.filter(({ progress }) => progress === "failed");
  const moving = all.filter(({ progress }) => isMoving.has(progress));
  const done = all.filter(({ progress }) => progress === "rotated" || progress === "already").toReversed();
  const shown = [...failed, ...moving, ...done].slice(0, mostShown);
  const { finished, wave, waves, isOver } = state;
  return (
    <div class="progress">
      <ConnectionNote connection={state.connection} />
      <progress aria-label="Rotated" max={secrets} value={ended + failed.length} />
      <p role="status">
        {finished !== undefined
          ? `${finished.rotated} rotated, ${finished.failed} failed, ${finished.left} not begun.`
          : isOver
            ? "It ended before it was finished: see the terminal."
            : `${waves.length > 1 ? `Wave ${wave} of ${waves.length}: ` : ""}${ended} of ${secrets} rotated, ${moving.length} under way, ${failed.length} failed.`}
      </p>
      {finished !== undefined && (finished.failed > 0 || finished.left > 0) && (
        <p>
          Go on with <code>rekey rotate … --campaign {finished.campaign}</code>: it passes over what is rotated.
        </p>
      )}
      <ul class="in-campaign">
        {shown.map((secret) => (
          <InCampaign key={secret.secretArn} secret={secret} />
        ))}
      </ul>
      {all.length > shown.length && <p>and {(all.length - shown.length).toLocaleString("en")} more</p>}
    </div>
  );
}
