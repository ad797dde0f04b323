import { secretDetails, type SecretDetails } from "../../../shared/operations/fleet/secret-details.ts";
import { type Propagation, propagation } from "../../../shared/operations/fleet/propagation.ts";
import { mirrorText } from "../../../shared/operations/fleet/mirror-text.ts";
import { type RotationRun, secretHistory, type SecretHistory } from "../../../shared/operations/fleet/history.ts";
import { columns } from "../../output/columns.ts";
import type { Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { operatorWithClusters } from "../../wiring/operator.ts";
import { printJson, printLines } from "../../output/output.ts";
import { propagationLines } from "./propagation-text.ts";
import { healthText } from "../../output/status-text.ts";
import { coloured } from "../../output/terminal.ts";
import { instant } from "../../output/times.ts";
import { subscribersTag } from "../../../shared/tags/tag-names.ts";

/** A section with its rows; nothing without rows. */
const section = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0
    ? []
    : [
        "",
        title,
        ...columns(
          rows.map((row) => ["", ...row]),
          "left",
        ),
      ];

const colours = { succeeded: "green", tested: "green", failed: "red", unfinished: "yellow" } as const;

const rotationLines = (rotation: RotationRun): readonly string[] => [
  "",
  `Rotation to ${rotation.versionId}: ${coloured(colours[rotation.outcome], rotation.outcome)}`,
  ...columns(
    rotation.steps.map(({ step, at, outcome, durationMs, code, hint }) => [
      "",
      instant(at),
      step,
      code === undefined ? outcome : `${outcome}: ${code}`,
      durationMs === undefined ? (hint ?? "") : `${durationMs} ms`,
    ]),
    "left",
  ),
];

function text(
  { summary, mirrors, subscribers, regionsBehind }: SecretDetails,
  history: SecretHistory,
  spread: Propagation | undefined,
): readonly string[] {
  const { versions, rotations, records, recordsSince, unseen, reason } = history;
  return [
    `${summary.name}: ${healthText(summary.health)}`,
    summary.secretArn,
    ...(reason === undefined ? [] : [`last rotated by hand because: ${reason}`]),
    ...section(
      "Versions",
      versions.map(({ versionId, labels, createdAt }) => [
        instant(createdAt),
        versionId,
        labels.join(" ") || "no label",
      ]),
    ),
    ...rotations.flatMap(rotationLines),
    ...(spread === undefined ? [] : propagationLines(spread)),
    ...section(
      "Who changed what",
      records.map(({ at, what, who, errorCode = "" }) => [instant(at), what, who, errorCode]),
    ),
    ...(recordsSince === undefined ? [] : [`  since ${instant(recordsSince)}`]),
    ...section(
      "Vault",
      mirrors.map((mirror) => [mirror.cluster, mirrorText(mirror), mirror.versionId ?? "", mirror.path ?? ""]),
    ),
    ...section(
      "Subscribers",
      subscribers.map(({ name, versionId = "none", expected }) => [
        name,
        versionId,
        expected ? "" : `not in ${subscribersTag}`,
      ]),
    ),
    ...section(
      "Replicas behind",
      regionsBehind.map((region) => [region]),
    ),
    ...section(
      "Not seen",
      unseen.map(({ source, code }) => [source === "step-log" ? "steps of rotations" : "who changed what", code]),
    ),
  ];
}

/** Prints what happened to a secret. */
export const run: Run = async ([secretId = ""], options, call) => {
  const ports = await operatorWithClusters(options);
  const history = await secretHistory(ports, secretId, call);
  const details = await secretDetails(ports, history.secretArn, call);
  const spread = propagation(history, details);
  if (flagOption(options, "json")) printJson({ ...details, ...history, propagation: spread }, 2);
  else printLines(text(details, history, spread));
  return 0;
};
