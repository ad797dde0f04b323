import type { CallOptions } from "../ports/call.ts";
import { isRekeyError } from "../errors/rekey-error.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { ChatTarget } from "./chat-targets.ts";
import type { Notice } from "./notice.ts";
import { postNotices } from "./post-notices.ts";

/** What was told is not told again for so long, unless the secret rotated in between. */
const quietMs = 3_600_000;
/** Between two messages to one target; what comes meanwhile is told together, later. */
const gapMs = 15_000;

interface Told {
  /** Are to come again. */
  readonly waiting: readonly Notice[];
  readonly failure?: unknown;
}

/** Tells one target, at its pace. It remembers for as long as its process runs. */
export class ChatDesk {
  readonly target: ChatTarget;
  readonly #store: Pick<SecretStore, "read">;
  readonly #nowMs: () => number;
  readonly #quietUntilMs = new Map<string, number>();
  #restUntilMs = 0;

  constructor(
    target: ChatTarget,
    { store, nowMs }: { readonly store: Pick<SecretStore, "read">; readonly nowMs: () => number },
  ) {
    this.target = target;
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** Ends of incidents are PagerDuty's alone. */
  #wants({ about, resolves }: Notice): boolean {
    return resolves ? this.target.kind === "pagerduty" : this.target.about.includes(about);
  }

  #forget(incident: string): void {
    for (const key of this.#quietUntilMs.keys()) if (key.startsWith(`${incident} `)) this.#quietUntilMs.delete(key);
  }

  /** Once each, without what was told lately. */
  #fresh(notices: readonly Notice[]): readonly Notice[] {
    const now = this.#nowMs();
    for (const [key, untilMs] of this.#quietUntilMs) if (untilMs <= now) this.#quietUntilMs.delete(key);
    const wanted = notices.filter((notice) => this.#wants(notice) && !this.#quietUntilMs.has(notice.key));
    return [...new Map(wanted.map((notice) => [notice.key, notice])).values()];
  }

  #taken(notice: Notice): void {
    if (notice.resolves) this.#forget(notice.incident);
    this.#quietUntilMs.set(notice.key, this.#nowMs() + quietMs);
  }

  /** Errors: none; the failure is in the answer. */
  async tell(notices: readonly Notice[], call: CallOptions): Promise<Told> {
    for (const { resolves, incident } of notices)
      if (resolves && this.target.kind !== "pagerduty") this.#forget(incident);
    const fresh = this.#fresh(notices);
    if (fresh.length === 0) return { waiting: [] };
    if (this.#nowMs() < this.#restUntilMs) return { waiting: fresh };
    const left = new Set(fresh);
    const taken = (notice: Notice): void => {
      left.delete(notice);
      this.#taken(notice);
    };
    try {
      await postNotices(this.target, fresh, { store: this.#store, taken }, call);
      this.#restUntilMs = this.#nowMs() + gapMs;
      return { waiting: [...left] };
    } catch (failure) {
      const restMs = isRekeyError(failure) ? failure.retryAfterMs : undefined;
      if (restMs !== undefined) this.#restUntilMs = this.#nowMs() + restMs;
      return { waiting: [...left], failure };
    }
  }
}
