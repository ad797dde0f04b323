import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../contract.ts";
import { get, RequestFailed } from "./request.ts";

export interface Asked<Answer> {
  readonly answer?: Answer;
  readonly problem?: Problem;
}

export function problemIn(error: unknown): Problem {
  if (error instanceof RequestFailed) return error.problem;
  throw error;
}

/** The answer of a path; that of the path before stays until the next one is there. */
export function useAnswer<Answer>(path: string): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer>>({});
  useEffect(() => {
    const left = new AbortController();
    get<Answer>(path, left.signal).then(
      (answer) => setAsked({ answer }),
      (error: unknown) => left.signal.aborted || setAsked({ problem: problemIn(error) }),
    );
    return () => left.abort();
  }, [path]);
  return asked;
}
