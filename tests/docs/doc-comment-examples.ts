import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync } from "oxc-parser";
import { packageEntries } from "../../bundle/package-entries.ts";
import { root } from "./fenced-blocks.ts";

export interface DocumentedExport {
  readonly file: string;
  readonly name: string;
  readonly isValue: boolean;
  /** The code of its `@example`. */
  readonly example: string | undefined;
}

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

const fence = /@example\n \* ```ts\n([\s\S]*?) \* ```/u;

/** The example in the doc comment that stands right before a declaration. */
function exampleBefore(source: string, start: number): string | undefined {
  const comment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/u.exec(source.slice(0, start))?.[0] ?? "";
  return fence.exec(comment)?.[1]?.replaceAll(/^ \* ?/gmu, "");
}

const isValue = (text: string): boolean => /^export (?:async function|function|class|const) /u.test(text);

/** Values, and those interfaces and types that somebody implements. */
const needsExample = (text: string): boolean =>
  isValue(text) ||
  (text.startsWith("export interface ") && /^ {2}\w+\??(?:<.*>)?\(/mu.test(text)) ||
  /^export type \w+ = \(/u.test(text);

function declarations(file: string): readonly DocumentedExport[] {
  const source = read(file);
  return parseSync(file, source).program.body.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || statement.declaration === null) return [];
    const text = source.slice(statement.start, statement.end);
    const name = /^export (?:async )?\w+ (\w+)/u.exec(text)?.[1] ?? "";
    return needsExample(text)
      ? [{ file, name, isValue: isValue(text), example: exampleBefore(source, statement.start) }]
      : [];
  });
}

/** What an entry exports from its own file, and by name from others. */
function exportsOf(entry: string): readonly DocumentedExport[] {
  const source = read(entry);
  const others = [...source.matchAll(/^export (?!type)\{([^}]*)\} from "([^"]+)";$/gmu)].flatMap(
    ([, names = "", from = ""]) => {
      const file = path.join(path.dirname(entry), from);
      const wanted = new Set(names.split(",").map((name) => name.trim()));
      return declarations(file).filter(({ name }) => wanted.has(name));
    },
  );
  return [...declarations(entry), ...others];
}

/** What services import. A construct's example stands in the page on the CDK. */
export const packageExamples: readonly DocumentedExport[] = Object.entries(packageEntries)
  .filter(([name]) => name !== "cdk")
  .flatMap(([, file]) => exportsOf(file))
  .filter(({ isValue }) => isValue);

/** What services implement. */
export const implemented: readonly DocumentedExport[] = [
  "shared/client/sources/secret-source.ts",
  "shared/client/invalidation/invalidation-source.ts",
].flatMap((file) => declarations(file).filter(({ name }) => /^(?:Secret|Invalidation)Source$/u.test(name)));

const ports = readdirSync(path.join(root, "shared/ports")).filter((name) => !name.endsWith(".test.ts"));

export const portExamples: readonly DocumentedExport[] = ports
  .map((name) => `shared/ports/${name}`)
  .flatMap(declarations);

/** Imports of everything that the ports export, which an adapter has at hand. */
export const portImports: string = ports
  .map((name) => {
    const exported = read(`shared/ports/${name}`).matchAll(/^export (?:async )?(\w+) (\w+)/gmu);
    const names = [...exported].map(([, kind = "", one = ""]) => (/interface|type/u.test(kind) ? `type ${one}` : one));
    return `import { ${names.join(", ")} } from "../ports/${name}";\n`;
  })
  .join("");
