import { setTimeout } from "node:timers/promises";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type FleetColumn, fleetColumns } from "../../../shared/operations/fleet/fleet-columns.ts";
import { fleet } from "../../../shared/operations/fleet/fleet-page.ts";
import { obstacles } from "../../../shared/operations/fleet/obstacles.ts";
import { rotatorText } from "../../../shared/operations/fleet/rotator-text.ts";
import { mirrorText } from "../../../shared/operations/fleet/mirror-text.ts";
import { type SecretStatus, secretStatuses } from "../../../shared/operations/fleet/secret-status.ts";
import type { SecretSummary } from "../../../shared/operations/fleet/secret-summary.ts";
import { columns } from "../../output/columns.ts";
import type { CommandContext, Options, Run } from "../../command.ts";
import { filterOf, flagOption, numberOption } from "../../options.ts";
import { operatorWithClusters } from "../../wiring/operator.ts";
import { print, printJson, printLines, roomToPrint } from "../../output/output.ts";
import { adoptionText, healthText } from "../../output/status-text.ts";
import { clearScreen, coloured, progressLine } from "../../output/terminal.ts";
import { fromNow, span } from "../../output/times.ts";

type Row = SecretSummary & Partial<SecretStatus>;

const head = fleetColumns.map(({ title }) => title.toUpperCase());
/** How many secrets one read of the adoption table is for. */
const batch = 100;

function cells(row: Row, nowMs: number): readonly string[] {
  const { name, health, ageMs, nextRotationAt, mirrored, mirrors = [], adoption, obstacle } = row;
  const texts: Readonly<Record<FleetColumn, string>> = {
    name,
    health: obstacle === undefined ? health : `${health}: ${obstacle.code}`,
    age: ageMs === undefined ? "-" : span(ageMs),
    "next-rotation": nextRotationAt === undefined ? "-" : fromNow(nextRotationAt, nowMs),
    strategy: rotatorText(row) ?? "default",
    mirror: mirrors.map(mirrorText).join(", ") || (mirrored ? "on" : "off"),
    adopted: adoption === undefined ? "-" : adoptionText(adoption),
  };
  return fleetColumns.map((column) => texts[column.name]);
}

function table(rows: readonly Row[]): readonly string[] {
  const nowMs = Date.now();
  const lines = columns([head, ...rows.map((row) => cells(row, nowMs))], "left");
  const [first = "", ...others] = lines;
  const colouredLines = others.map((line, at) => {
    const { name, health } = rows[at] ?? { name: "", health: "healthy" };
    const from = line.indexOf(health, name.length);
    return line.slice(0, from) + healthText(health) + line.slice(from + health.length);
  });
  return [coloured("dim", first), ...colouredLines];
}

function totals(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { health } of rows) counts.set(health, (counts.get(health) ?? 0) + 1);
  const parts = [...counts].map(([health, count]) => `${count} ${health}`);
  return `${rows.length} secret${rows.length === 1 ? "" : "s"}${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
}

async function* rowsOf(options: Options, context: CommandContext): AsyncGenerator<Row> {
  const ports = await operatorWithClusters(options);
  const limit = numberOption(options, "limit") ?? Infinity;
  if (!(limit >= 1)) throw new RekeyError("option-invalid", { context: { option: "limit", value: limit } });
  const query = { ...filterOf(options), everySecret: flagOption(options, "everySecret") };
  const withDetails = async (rows: readonly SecretSummary[]): Promise<readonly Row[]> => {
    if (flagOption(options, "details")) {
      const statuses = await secretStatuses(ports, rows, context);
      return rows.map((row) => ({ ...row, ...statuses.get(row.secretArn) }));
    }
    const inTheWay = await obstacles(ports, rows, context);
    return rows.map((row) => {
      const obstacle = inTheWay.get(row.secretArn);
      return obstacle === undefined ? row : { ...row, obstacle };
    });
  };
  let rows: SecretSummary[] = [];
  let count = 0;
  for await (const secret of fleet(ports, query, context)) {
    rows.push(secret);
    count++;
    if (rows.length === batch || count >= limit) yield* await withDetails(rows.splice(0));
    if (count >= limit) return;
  }
  yield* await withDetails(rows);
}

async function show(options: Options, context: CommandContext, isWatched: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const progress = progressLine();
  for await (const row of rowsOf(options, context)) {
    rows.push(row);
    if (flagOption(options, "json")) printJson(row);
    else if (rows.length % batch === 0) progress.show(`${rows.length} secrets …`);
    await roomToPrint();
  }
  progress.clear();
  if (flagOption(options, "json")) return rows;
  if (isWatched) clearScreen();
  if (rows.length === 0) print("no secrets");
  else printLines([...table(rows), "", totals(rows)]);
  return rows;
}

const bad = new Set(["stuck", "overdue", "empty"]);
const isBad = ({ health, obstacle }: Row): boolean => bad.has(health) || obstacle?.isFinal === true;

/** Prints the status of the secrets. */
export const run: Run = async (_words, options, context) => {
  const { watch } = options;
  const seconds = watch === true ? 5 : numberOption(options, "watch");
  if (seconds !== undefined && !(seconds >= 0.1)) {
    throw new RekeyError("option-invalid", {
      context: { option: "watch", value: seconds },
      hint: "use seconds, 0.1 or more",
    });
  }
  for (;;) {
    const rows = await show(options, context, seconds !== undefined);
    const exitCode = flagOption(options, "check") && rows.some(isBad) ? 1 : 0;
    if (seconds === undefined) return exitCode;
    await setTimeout(seconds * 1_000, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) return exitCode;
  }
};
