import { createHash } from "node:crypto";
import type { AccessKey } from "../../ports/access-keys.ts";

/** A creation that may have taken effect without an answer. */
export interface Issuing {
  readonly since: Date;
  /** The keys that the user had before. */
  readonly others: readonly string[];
}

/** What the user's tags say of one secret's keys. Whoever may write the secret cannot write them. */
export interface Ledger {
  /** Keys that were issued for the secret, and the one that it had when that began. None: nothing was ever issued for it. */
  readonly issued: readonly string[] | undefined;
  readonly issuing: Issuing | undefined;
}

const issuedTag = "rekey-issued-keys";
const issuingTag = "rekey-issuing-key";

/** A tag's value takes 256 characters, a secret's name 512. */
const markOf = (secretName: string): string => createHash("sha256").update(secretName).digest("hex").slice(0, 32);

function wordsOf(tags: ReadonlyMap<string, string>, tag: string, secretName: string): readonly string[] | undefined {
  const [mark, ...words] = (tags.get(tag) ?? "").split(" ");
  return mark === markOf(secretName) ? words : undefined;
}

/** What was noted for another secret is nothing that this one may count on. */
export function readLedger(tags: ReadonlyMap<string, string>, secretName: string): Ledger {
  const [since, ...others] = wordsOf(tags, issuingTag, secretName) ?? [];
  const issued = wordsOf(tags, issuedTag, secretName);
  return { issued, issuing: since === undefined ? undefined : { since: new Date(since), others } };
}

/** The tags that say it. */
export const ledgerTags = (secretName: string, { issued = [], issuing }: Ledger): Readonly<Record<string, string>> => ({
  [issuedTag]: [markOf(secretName), ...issued].join(" "),
  [issuingTag]:
    issuing === undefined ? "" : [markOf(secretName), issuing.since.toISOString(), ...issuing.others].join(" "),
});

/** A step ends within this time, so no request of it takes effect later. */
const stepMs = 60_000;
const skewMs = 5_000;

/** The creation that is about to be tried: one with an earlier try that may still take effect, or a new one. */
export const issuingNow = (earlier: Issuing | undefined, others: readonly string[], nowMs: number): Issuing =>
  earlier !== undefined && nowMs - earlier.since.getTime() < stepMs ? earlier : { since: new Date(nowMs), others };

/** Whether a key may be what a creation without an answer made: it was not there before, and was made in those moments. */
export function mayComeOf(issuing: Issuing | undefined, { id, createdAt }: AccessKey): boolean {
  if (issuing === undefined || issuing.others.includes(id)) return false;
  const afterMs = createdAt.getTime() - issuing.since.getTime();
  return afterMs >= -skewMs && afterMs <= 2 * stepMs;
}
