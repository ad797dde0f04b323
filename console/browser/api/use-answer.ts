import { useEffect, useState } from "preact/hooks";
import type { PlaceAnswer, Problem } from "../../contract.ts";
import { get, post, RequestFailed } from "./request.ts";
import { createContext } from "preact";

export interface Asked<Answer> {
  readonly answer?: Answer;
  readonly problem?: Problem;
}

export function problemIn(error: unknown): Problem {
  if (error instanceof RequestFailed) return error.problem;
  throw error;
}

type Ask = <Answer>(path: string, signal: AbortSignal) => Promise<Answer>;

function useAsked<Answer>(ask: Ask, path: string): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer>>({});
  useEffect(() => {
    const left = new AbortController();
    ask<Answer>(path, left.signal).then(
      (answer) => setAsked({ answer }),
      (error: unknown) => left.signal.aborted || setAsked({ problem: problemIn(error) }),
    );
    return () => left.abort();
  }, [ask, path]);
  return asked;
}

const tryOut: Ask = async (path, signal) => post(path, {}, signal);

/** The answer of a path; that of the path before stays until the next one is there. */
export const useAnswer = <Answer>(path: string): Asked<Answer> => useAsked<Answer>(get, path);

/** The same of what is found out with the operator's rights, and so asked with the page's key. */
export const useTrial = <Answer>(path: string): Asked<Answer> => useAsked<Answer>(tryOut, path);

/** Where the console looks, for whoever wants to know. */
export const Place = createContext<PlaceAnswer | undefined>(undefined);
