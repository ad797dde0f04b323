import type { Problem } from "../../contract.ts";
import { sessionKey } from "./session-key.ts";

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
  answerOf(path, signal === undefined ? {} : { signal });

export const post = async <Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> =>
  answerOf(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Rekey-Key": sessionKey() },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

/** `?a=b` of what is given; nothing of nothing. */
export function queryOf(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
