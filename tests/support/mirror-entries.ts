import { inspect } from "node:util";
import { expect } from "vitest";
import type { VersionDates } from "../../shared/mirrors/key-owner.ts";
import type { MirrorEntry } from "../../shared/ports/mirror.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

/** In every value, so that a place where it shows is found. */
export const canary = "canary-77c1";

export const inTime = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

/** A version of a secret to mirror: unless said otherwise, one that was made at `minute` of a fixed hour. */
export function entryOf(
  secretName: string,
  change: Partial<MirrorEntry> & { readonly minute?: number; readonly text?: string } = {},
): MirrorEntry {
  const { minute = 0, text = `{"username":"app","password":"${canary}-${minute}"}`, ...given } = change;
  return {
    secretArn: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${secretName}-AbCdEf`,
    secretName,
    versionId: `00000000-0000-4000-8000-${String(minute).padStart(12, "0")}`,
    createdAt: new Date(Date.UTC(2026, 0, 1, 12, minute)),
    value: new SecretValue(text),
    tags: new Map(),
    ...given,
  };
}

/** Of the versions that `entryOf` makes, whichever secret is asked about: the minute is in the id. */
export const entryDates: VersionDates = async (_secretArn, versionId) =>
  entryOf("any", { minute: Number(versionId.slice(-12)) }).createdAt;

/** The error that a write ends in; it must not show the value or a token wherever it is printed. */
export async function failureOf(work: Promise<unknown>, ...hidden: readonly string[]): Promise<unknown> {
  const error: unknown = await work.then(
    () => expect.unreachable("the write succeeded"),
    (reason: unknown) => reason,
  );
  const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${String(error)}`;
  for (const text of [canary, ...hidden]) expect(shown).not.toContain(text);
  return error;
}
