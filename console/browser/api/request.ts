import type { Problem, SessionAnswer } from "../../contract.ts";
import { defined } from "../../../shared/secrets/defined.ts";

const place = "rekey-key";

/** Kept for this address and its port alone, for all tabs of it. */
const sessionKey = (): string => localStorage.getItem(place) ?? "";
const keepSessionKey = (key: string): void => localStorage.setItem(place, key);

/** What the server, or the way to it, said instead of an answer. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

const unreachable: Problem = {
  code: "internal-fault",
  message: "the console cannot be reached",
  hint: "see whether rekey console still runs in its terminal",
};

async function answerOf<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`/api${path}`, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new RequestFailed(unreachable);
  });
  const body: unknown = await response.json();
  if (!response.ok) throw new RequestFailed(body as Problem);
  return body as Answer;
}

export const get = async <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  answerOf(path, defined({ signal }));

export const post = async <Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> =>
  answerOf(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Rekey-Key": sessionKey() },
    body: JSON.stringify(body),
    ...defined({ signal }),
  });

/** `?a=b` of what is given; nothing of nothing. */
export function queryOf(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

/**
 * Turns the one-time token behind `#` into a session, and takes it out of the address and its history. Without a token the
 * session of before is gone on with.
 */
export async function openSession(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  const { key } = await post<SessionAnswer>("/session", { token });
  keepSessionKey(key);
}
