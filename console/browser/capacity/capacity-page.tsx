import { useLocation } from "preact-iso/router";
import { type CapacityAnswer, workloadNumbers } from "../../contract.ts";
import { queryOf } from "../api/request.ts";
import { useAnswer } from "../api/use-answer.ts";
import { ProblemNote } from "../components/problem-note.tsx";
import { TableHead } from "../components/table-head.tsx";
import { useTitle } from "../components/page.tsx";

const titles: Readonly<Record<(typeof workloadNumbers)[number], string>> = {
  users: "Users",
  services: "Services",
  instances: "Instances",
  secrets: "Secrets",
  readsPerSecond: "Reads a second",
  ttlSeconds: "TTL, seconds",
  regions: "Regions",
  shards: "Shards (accounts)",
  rotationDays: "Days between rotations",
};

function Figures({ answer: { columns, sections } }: { readonly answer: CapacityAnswer }) {
  return (
    <div class="scrolled-x" tabIndex={0} role="region" aria-label="Figures">
      <table class="figures">
        <TableHead titles={[{ unseen: "Figure" }, ...columns]} />
        {sections.map(({ title, rows }) => (
          <tbody key={title}>
            <tr>
              <th scope="rowgroup" colSpan={columns.length + 1} class="title">
                {title}
              </th>
            </tr>
            {rows.map(({ name, cells }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, at) => (
                  <td key={columns[at]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** The capacity plan of a workload, next to the four sizes of the growth table. */
export function CapacityPage() {
  useTitle("Capacity");
  const { query, route } = useLocation();
  const asked = queryOf(query);
  const { answer, problem } = useAnswer<CapacityAnswer>(`/capacity${asked}`);

  function plan(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const numbers = workloadNumbers.map((name) => {
      const text = form.get(name);
      return [name, typeof text === "string" ? text.trim() : ""] as const;
    });
    const push = form.get("push") === null ? { push: false } : {};
    route(`/capacity${queryOf({ ...Object.fromEntries(numbers), ...push })}`);
  }

  return (
    <>
      <h1>Capacity</h1>
      <form class="workload" onSubmit={plan} key={asked}>
        {workloadNumbers.map((name) => (
          <label key={name}>
            {titles[name]}
            <input
              name={name}
              inputMode="decimal"
              defaultValue={query[name] ?? ""}
              placeholder={answer === undefined ? "" : String(answer.workload[name] ?? "as few as carry it")}
            />
          </label>
        ))}
        <label class="check">
          <input type="checkbox" name="push" defaultChecked={query["push"] !== "false"} /> Push to subscribers
        </label>
        <button type="submit" class="main">
          Plan
        </button>
      </form>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {answer !== undefined && (
        <>
          <section class="part">
            <h2>Advice</h2>
            <ul>
              {answer.advice.map(({ topic, text }) => (
                <li key={topic}>
                  <b>{topic}</b>: {text}
                </li>
              ))}
            </ul>
          </section>
          <section class="part">
            <h2>In numbers</h2>
            <Figures answer={answer} />
          </section>
          <section class="part">
            <h2>In pictures</h2>
            <img
              class="charts"
              src={`/api/capacity/charts.svg${asked}`}
              alt="Reads by TTL, use of each quota, rotations by what limits them, cost and size: the figures stand in the table above."
            />
          </section>
        </>
      )}
    </>
  );
}
