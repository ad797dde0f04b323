import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { marked } from "marked";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = path.join(root, "console/browser");

/** The runbook as a page of the console, which a code's link opens at its section. */
async function runbookPage(): Promise<string> {
  const text = await readFile(path.join(root, "docs/runbook.md"), "utf8");
  const anchored = new marked.Renderer();
  anchored.heading = function heading({ tokens, depth, text: title }) {
    const id = title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-");
    return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
  };
  // What it refers to beyond itself is not served here: the words stay.
  anchored.link = function link({ href, tokens }) {
    const inside = this.parser.parseInline(tokens);
    return href.startsWith("#") ? `<a href="${href}">${inside}</a>` : inside;
  };
  const body = await marked.parse(text, { renderer: anchored });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<title>rekey: runbook</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/main.css"></head>',
    `<body><main>${body}</main></body></html>\n`,
  ].join("\n");
}

/** Builds the page that `rekey console` serves, and says what went into it. */
export async function buildConsole(outdir: string): Promise<Metafile> {
  await mkdir(outdir, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["console/browser/main.tsx", "console/browser/styles/main.css"],
    entryNames: "[name]",
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  for (const name of ["index.html", "icon.svg"]) await cp(path.join(source, name), path.join(outdir, name));
  await writeFile(path.join(outdir, "runbook.html"), await runbookPage());
  return metafile;
}
