import type { SecretAnswer } from "../../contract.ts";
import { MirrorBadge } from "../components/status-badges.tsx";
import { TableHead } from "../components/table-head.tsx";
import { FromNow } from "../components/times.tsx";
import { subscribersTag } from "../../../shared/tags/tag-names.ts";

type Details = SecretAnswer["details"];

/** What each Vault cluster holds. */
export const Mirrors = ({ details: { mirrors } }: { readonly details: Details }) =>
  mirrors.length === 0 ? (
    <p class="empty">
      No Vault is named to this console: <code>VAULT_ADDR</code>, or <code>--cluster</code>.
    </p>
  ) : (
    <table>
      <TableHead titles={["Cluster", "State", "Version", "Path"]} />
      <tbody>
        {mirrors.map((mirror) => (
          <tr key={mirror.cluster}>
            <th scope="row">{mirror.cluster}</th>
            <td>
              <MirrorBadge mirror={mirror} />
            </td>
            <td>
              <code>{mirror.versionId ?? "–"}</code>
            </td>
            <td>
              <code>{mirror.path ?? "–"}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );

/** Which version each subscriber has said that it uses. */
export function Subscribers({ details: { subscribers, summary, adoption } }: { readonly details: Details }) {
  if (subscribers.length === 0) {
    return (
      <p class="empty">
        {adoption === undefined ? (
          <>
            No table of adoptions is named to this console: <code>REKEY_ADOPTION_TABLE</code>.
          </>
        ) : (
          `Nobody has acknowledged a version, and its tag ${subscribersTag} names nobody.`
        )}
      </p>
    );
  }
  return (
    <table>
      <TableHead titles={["Subscriber", "State", "Version"]} />
      <tbody>
        {subscribers.map(({ name, versionId, expected }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span class={`badge ${versionId === summary.versionId ? "good" : "moving"}`}>
                {versionId === summary.versionId
                  ? "on AWSCURRENT"
                  : versionId === undefined
                    ? "not heard of"
                    : "behind"}
              </span>{" "}
              {!expected && `not in ${subscribersTag}`}
            </td>
            <td>
              <code>{versionId ?? "–"}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Who changed what, as CloudTrail keeps it. */
export function Records({ history: { records, recordsSince, unseen } }: { readonly history: SecretAnswer["history"] }) {
  const hidden = unseen.find(({ source }) => source === "audit-trail");
  if (hidden !== undefined) return <p class="empty">CloudTrail could not be asked: {hidden.code}.</p>;
  if (records.length === 0) return <p class="empty">None yet: CloudTrail tells minutes late.</p>;
  return (
    <>
      <table>
        <TableHead titles={["When", "What", "Who"]} />
        <tbody>
          {records.map(({ at, what, who, errorCode }) => (
            <tr key={`${at} ${what} ${who}`}>
              <td>
                <FromNow at={at} />
              </td>
              <td>
                {what} {errorCode !== undefined && <span class="badge bad">{errorCode}</span>}
              </td>
              <td class="who">{who}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {recordsSince !== undefined && (
        <p class="quiet">
          Looked at back to <FromNow at={recordsSince} />.
        </p>
      )}
    </>
  );
}
