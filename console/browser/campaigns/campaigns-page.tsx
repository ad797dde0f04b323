import type { CampaignAnswer } from "../../contract.ts";
import { useAnswer } from "../api/use-answer.ts";
import { ProblemNote } from "../components/problem-note.tsx";
import { TableHead } from "../components/table-head.tsx";
import { useTitle } from "../components/page.tsx";
import { Instant } from "../components/times.tsx";

/** The campaigns that this console has started; other rotations are in each secret's history. */
export function CampaignsPage() {
  useTitle("Campaigns");
  const { answer, problem } = useAnswer<readonly CampaignAnswer[]>("/campaigns");
  return (
    <>
      <h1>Campaigns</h1>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {answer?.length === 0 && (
        <p class="empty">
          None since this console was started. Choose secrets of <a href="/">the fleet</a> to rotate them.
        </p>
      )}
      {answer !== undefined && answer.length > 0 && (
        <table>
          <TableHead titles={["Campaign", "Started", "Secrets", "Rotated", "Failed", "Reason", { unseen: "State" }]} />
          <tbody>
            {answer.map(({ campaign, startedAt, secrets, rotated, failed, reason, isOver }) => (
              <tr key={campaign}>
                <th scope="row">
                  <a href={`/campaigns/${campaign}`}>{campaign}</a>
                </th>
                <td>
                  <Instant at={startedAt} />
                </td>
                <td>{secrets.toLocaleString("en")}</td>
                <td>{rotated.toLocaleString("en")}</td>
                <td>{failed.toLocaleString("en")}</td>
                <td>{reason ?? "–"}</td>
                <td>{isOver ? "ended" : "under way"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
