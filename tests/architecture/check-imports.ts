import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { mayReveal } from "./may-reveal.ts";
import type { Room } from "./room.ts";
import { rooms } from "./rooms.ts";

const skipped = new Set(["node_modules", "dist", "coverage", ".git", "tests", "docs"]);
const longestFileLines = 300;
const longestHandlerLines = 40;

/** Every TypeScript file below `root`, tests and their stages (`test-*.ts`) left out, as paths from `root`. */
export function sourceFiles(root: string): readonly string[] {
  // Folder by folder, since what is skipped may be built anew meanwhile.
  const filesIn = (folder: string): readonly string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesIn(file);
      return /\.tsx?$/.test(entry.name) && !/\.test\.ts$|^test-/.test(entry.name) ? [file] : [];
    });
  return filesIn("").filter((file) => file.includes("/"));
}

/** The command line prints in one place, which escapes what a terminal would take for a command. */
const printer = "cli/output/output.ts";
const printing = /\bprocess\.std(?:out|err)\.write\b|\bconsole\.\w+\(|\boutput\.write\(/;

const engines = path.resolve(import.meta.dirname, "../../shared/engines");
const namesOfEngines = readdirSync(engines, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith("-engine.ts"))
  .flatMap(
    (file) => /^ +names: \[(.*)\]/mu.exec(readFileSync(path.join(engines, file), "utf8"))?.[1]?.match(/[\w-]+/gu) ?? [],
  );
/** Names of engines do not stand in the core: it asks for capabilities. */
const engineNames = new RegExp(`["'\`](?:${namesOfEngines.join("|")})["'\`]`, "u");

const isIn = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

const roomOf = (file: string): string | undefined =>
  Object.keys(rooms)
    .filter((room) => isIn(file, room))
    .sort((one, other) => other.length - one.length)[0];

function importsOf(file: string, source: string): readonly string[] {
  const { module } = parseSync(file, source);
  const fixed = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
  const again = module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value));
  // A specifier that is computed at run time names no room; only literal ones can be judged.
  const late = module.dynamicImports
    .map(({ moduleRequest }) => source.slice(moduleRequest.start, moduleRequest.end))
    .filter((text) => /^["'`]/.test(text))
    .map((text) => text.slice(1, -1));
  return [...fixed, ...again, ...late].filter((specifier) => specifier !== undefined);
}

function mayImport(room: string, { rooms: allowedRooms, packages }: Room, file: string, specifier: string): boolean {
  if (!specifier.startsWith(".")) {
    return packages.some((name) =>
      /[:/]$/.test(name) ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`),
    );
  }
  const target = path.join(path.dirname(file), specifier);
  return isIn(target, room) || allowedRooms.some((allowed) => isIn(target, allowed));
}

/** The files that each file imports, for its types alone, too. */
const edges = (sources: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...sources].map(([file, source]) => [
      file,
      importsOf(file, source)
        .map((specifier) => path.join(path.dirname(file), specifier))
        .filter((target) => sources.has(target)),
    ]),
  );

/** Circles of imports, as the files on the way round. Every circle in the tree has a file in one of them. */
function circles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const seen = new Set<string>();
  function follow(file: string, way: readonly string[]): void {
    const at = way.indexOf(file);
    if (at >= 0) found.push(way.slice(at));
    if (seen.has(file)) return;
    seen.add(file);
    for (const next of imports.get(file) ?? []) follow(next, [...way, file]);
  }
  for (const file of imports.keys()) follow(file, []);
  return found;
}

/** Everything in the tree that breaks a rule, a sentence each. A tree without files breaks the first one. */
export function violations(root: string): readonly string[] {
  const files = sourceFiles(root);
  if (files.length === 0) return ["no files were read"];
  const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));
  const broken = [...sources].flatMap(([file, source]) => {
    const room = roomOf(file);
    if (room === undefined) return [`${file} is in no room`];
    const allowed = rooms[room];
    const lines = source.split("\n").length - 1;
    // The list of engines is as long as there are engines.
    const isHandler = file.startsWith("functions/") && path.basename(file) !== "engines.ts";
    const most = isHandler ? longestHandlerLines : longestFileLines;
    return [
      ...importsOf(file, source)
        .filter((specifier) => allowed === undefined || !mayImport(room, allowed, file, specifier))
        .map((specifier) => `${file} imports ${specifier}`),
      ...(lines > most ? [`${file} has ${lines} lines`] : []),
      ...(path.basename(file) === "utils.ts" ? [`${file} has a name that says nothing`] : []),
      ...(/\.(?:reveal|bytes)\(\)/.test(source) && !mayReveal.some((place) => isIn(file, place))
        ? [`${file} reveals a secret`]
        : []),
      ...(isIn(file, "cli") && file !== printer && printing.test(source) ? [`${file} prints by itself`] : []),
      ...(room === "shared/rotation" && engineNames.test(source) ? [`${file} names an engine`] : []),
    ];
  });
  return [...broken, ...circles(edges(sources)).map((circle) => [...circle, circle[0]].join(" imports "))];
}
