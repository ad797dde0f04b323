import { useEffect, useState } from "preact/hooks";
import { type Health, healthInOrder } from "../../../shared/operations/fleet/health.ts";
import type { FleetAnswer } from "../../contract.ts";
import type { FleetQuery } from "./fleet-query.ts";

interface FleetFiltersProps {
  readonly query: FleetQuery;
  readonly counts: FleetAnswer["counts"];
  readonly change: (change: Partial<FleetQuery>) => void;
}

const typingEndsMs = 250;

/** A text field that reports its value once the typing has ended. */
function TextFilter(props: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly told: (value: string) => void;
}) {
  const [text, setText] = useState(props.value);
  useEffect(() => {
    if (text === props.value) return undefined;
    const timer = setTimeout(() => props.told(text), typingEndsMs);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setText(props.value), [props.value]);
  return (
    <label>
      {props.label}
      <input
        type="search"
        placeholder={props.hint}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
    </label>
  );
}

export function FleetFilters({ query, counts, change }: FleetFiltersProps) {
  const chosen = query.health === "" ? [] : query.health.split(",");
  const toggle = (health: Health): void => {
    const next = chosen.includes(health) ? chosen.filter((one) => one !== health) : [...chosen, health];
    change({ health: next.join(",") });
  };
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <TextFilter label="Name" hint="orders prod" value={query.search} told={(search) => change({ search })} />
      <TextFilter label="Tag" hint="team=payments" value={query.tag} told={(tag) => change({ tag })} />
      <fieldset>
        <legend>Health</legend>
        {healthInOrder
          .filter((health) => (counts[health] ?? 0) > 0 || chosen.includes(health))
          .map((health) => (
            <button
              key={health}
              type="button"
              class={`chip ${health}`}
              aria-pressed={chosen.includes(health)}
              onClick={() => toggle(health)}
            >
              {health} <b>{(counts[health] ?? 0).toLocaleString("en")}</b>
            </button>
          ))}
      </fieldset>
    </form>
  );
}
