import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Run } from "../../command.ts";
import { flagOption } from "../../options.ts";
import { columns } from "../../output/columns.ts";
import { print, printJson } from "../../output/output.ts";
import { coloured } from "../../output/terminal.ts";
import type { EngineFacts } from "./engine-facts.ts";
import engines from "./engines.json" with { type: "json" };

const all = engines as readonly EngineFacts[];

function chosen(word: string | undefined): readonly EngineFacts[] {
  if (word === undefined) return all;
  const found = all.filter(({ engine, names }) => engine === word || names.includes(word));
  if (found.length > 0) return found;
  throw new RekeyError("option-invalid", {
    context: { option: "engine", problem: "no such engine" },
    hint: `use one of ${all.map(({ engine }) => engine).join(", ")}`,
  });
}

const hashText = (onlyHash: boolean | null): string => (onlyHash === null ? "-" : onlyHash ? "yes" : "no");

const rowsOf = ({
  engine,
  isExperimental,
  strategies,
  defaultStrategy,
  onlyHash,
  testedOn,
}: EngineFacts): readonly string[][] =>
  strategies.map(({ name, overlap, endedBy }) => [
    isExperimental ? `${engine} (experimental)` : engine,
    name === defaultStrategy ? `${name} (default)` : name,
    overlap,
    hashText(onlyHash),
    endedBy,
    Object.keys(testedOn).join(", "),
  ]);

/** Prints the table of engines and strategies. Errors: `option-invalid`. */
export const run: Run = async ([word], options) => {
  const facts = chosen(word);
  if (flagOption(options, "json")) {
    printJson(facts, 2);
    return 0;
  }
  const head = ["ENGINE", "STRATEGY", "OVERLAP", "ONLY HASH", "THE OLD ONE IS ENDED BY", "TESTED ON"];
  const [first = "", ...lines] = columns([head, ...facts.flatMap(rowsOf)], "left");
  print(coloured("dim", first), ...lines);
  return 0;
};
