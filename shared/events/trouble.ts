import type { Members } from "../answers/members.ts";
import { codes, type ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { DeliveredEvent } from "./delivered-event.ts";
import { instantIn, secretArnIn, versionIdIn } from "./rekey-event.ts";
import type { Finding } from "./rotation-event.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret", "retirePrevious"] as const;
const outcomes = ["failed", "abandoned"] as const;
type Step = (typeof steps)[number];

interface About {
  readonly secretArn: string;
  readonly at: Date;
}

/** What somebody is told of, and `rotated`, which ends it. Except for the ids, every word is one of rekey's own. */
export type Trouble =
  | (About & { readonly kind: "failed"; readonly step: Step; readonly code: ErrorCode | undefined })
  | (About & {
      readonly kind: "stopped";
      readonly outcome: (typeof outcomes)[number];
      readonly step: Step | undefined;
    })
  | (About & { readonly kind: "finding"; readonly finding: Finding; readonly repaired: boolean })
  | (About & { readonly kind: "rotated"; readonly versionId: string });

/** Who answers for a finding: a rotation fixes those of the credential, and the description tells the described ones. */
export const findingFacts: Readonly<
  Record<Finding, { readonly part: "credential" | "mirror" | "replica"; readonly isDescribed: boolean }>
> = {
  "current-missing": { part: "credential", isDescribed: true },
  "current-refused": { part: "credential", isDescribed: false },
  "mirror-altered": { part: "mirror", isDescribed: false },
  "mirror-foreign": { part: "mirror", isDescribed: false },
  "mirror-left": { part: "mirror", isDescribed: false },
  "mirror-missing": { part: "mirror", isDescribed: false },
  "mirror-newer": { part: "mirror", isDescribed: false },
  "mirror-older": { part: "mirror", isDescribed: false },
  "mirror-stray": { part: "mirror", isDescribed: false },
  "pending-stuck": { part: "credential", isDescribed: true },
  "replica-behind": { part: "replica", isDescribed: true },
  "replica-failed": { part: "replica", isDescribed: true },
  "rotation-overdue": { part: "credential", isDescribed: true },
};

const malformed = (problem: string): RekeyError => new RekeyError("event-malformed", { context: { problem } });

function wordIn<Word extends string>(detail: Members, field: string, words: readonly Word[]): Word {
  const word = words.find((known) => known === detail[field]);
  if (word === undefined) throw malformed(`no ${field}`);
  return word;
}

const isCode = (code: unknown): code is ErrorCode => typeof code === "string" && Object.hasOwn(codes, code);

/** A failure, a finding or a new version. Errors: `event-malformed`. */
export function troubleIn(event: DeliveredEvent): Trouble {
  const { type, detail = {} } = event;
  const about = { secretArn: secretArnIn(event), at: instantIn(detail) };
  switch (type) {
    case "Secret Rotation Failed": {
      // An engine from outside of this repository may have codes of its own.
      const code = isCode(detail["code"]) ? detail["code"] : undefined;
      return { kind: "failed", ...about, step: wordIn(detail, "step", steps), code };
    }
    case "Secret Rotation Stopped": {
      const step = steps.find((known) => known === detail["step"]);
      return { kind: "stopped", ...about, outcome: wordIn(detail, "outcome", outcomes), step };
    }
    case "Secret Finding": {
      const finding = wordIn(detail, "finding", Object.keys(findingFacts) as Finding[]);
      return { kind: "finding", ...about, finding, repaired: detail["repaired"] === true };
    }
    case "Secret Rotated":
      return { kind: "rotated", ...about, versionId: versionIdIn(detail) };
    default:
      throw malformed("another detail-type");
  }
}
