import type { Problem } from "../../contract.ts";
import { post } from "../api/request.ts";
import { problemIn } from "../api/use-answer.ts";

interface BeginNoMoreProps {
  readonly campaign: string;
  readonly failed: (problem: Problem) => void;
}

/** Stops what has not begun of a campaign; what is under way ends. */
export const BeginNoMore = ({ campaign, failed }: BeginNoMoreProps) => (
  <button
    type="button"
    onClick={() => void post(`/campaigns/${campaign}/stop`, {}).catch((error: unknown) => failed(problemIn(error)))}
  >
    Begin no more
  </button>
);
