import { useState } from "preact/hooks";
import type { CampaignChoice, FleetAnswer } from "../../contract.ts";
import { RotateDialog } from "../campaigns/rotate-dialog.tsx";
import { ConnectionNote, useTitle } from "../components/page.tsx";
import { ProblemNote, RunbookLink } from "../components/problem-note.tsx";
import { FromNow } from "../components/times.tsx";
import { FleetFilters } from "./fleet-filters.tsx";
import { type FleetQuery, useFleetQuery } from "./fleet-query.ts";
import { FleetTable } from "./fleet-table.tsx";
import { useFleet } from "./use-fleet.ts";

function Reading({ reading: { isWhole, secrets, wholeAt, problem } }: Pick<FleetAnswer, "reading">) {
  if (problem !== undefined) {
    return (
      <>
        The list could not be read, and is tried again: {problem.hint}. <RunbookLink code={problem.code} />
      </>
    );
  }
  if (!isWhole) return <>Reading the fleet: {secrets.toLocaleString("en")} secrets so far …</>;
  return <>As of {wholeAt === undefined ? "now" : <FromNow at={wholeAt} />}.</>;
}

const isFiltered = ({ search, tag, health }: FleetQuery): boolean => search !== "" || tag !== "" || health !== "";

function choiceOf({ search, tag, health }: FleetQuery): CampaignChoice {
  return { search, tag, ...(health === "" ? {} : { health }) };
}

/** The status of every managed secret, and rotations by hand. */
export function FleetPage() {
  useTitle("Fleet");
  const [query, change] = useFleetQuery();
  const fleet = useFleet(query);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [choice, setChoice] = useState<CampaignChoice>();
  const { answer, problem } = fleet;
  const choose = (secretArn: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(secretArn);
    else next.delete(secretArn);
    setChosen(next);
  };
  return (
    <>
      <div class="heading">
        <h1>Fleet</h1>
        <p>
          <span role="status">
            {answer === undefined
              ? "Reading the fleet …"
              : `${answer.total.toLocaleString("en")} secret${answer.total === 1 ? "" : "s"}.`}
          </span>{" "}
          {answer !== undefined && <Reading reading={answer.reading} />}
        </p>
        <div class="actions">
          {chosen.size > 0 && (
            <>
              <button type="button" class="quiet" onClick={() => setChosen(new Set())}>
                Choose none
              </button>
              <button type="button" class="main" onClick={() => setChoice({ secrets: [...chosen] })}>
                Rotate {chosen.size} chosen …
              </button>
            </>
          )}
          {chosen.size === 0 && answer !== undefined && answer.total > 0 && (
            <button type="button" disabled={!answer.reading.isWhole} onClick={() => setChoice(choiceOf(query))}>
              Rotate {isFiltered(query) ? `all ${answer.total.toLocaleString("en")} shown` : "the whole fleet"} …
            </button>
          )}
        </div>
      </div>
      <FleetFilters query={query} counts={answer?.counts ?? {}} change={change} />
      <ConnectionNote connection={fleet.connection} />
      {problem !== undefined && <ProblemNote problem={problem} />}
      {answer?.total === 0 && answer.reading.isWhole ? (
        <p class="empty">
          {isFiltered(query)
            ? "No secret fits."
            : "No secret is managed yet: rekey adopt <secret> brings the first under management."}
        </p>
      ) : (
        <FleetTable fleet={fleet} query={query} change={change} chosen={chosen} choose={choose} />
      )}
      {choice !== undefined && <RotateDialog choice={choice} onClose={() => setChoice(undefined)} />}
    </>
  );
}
