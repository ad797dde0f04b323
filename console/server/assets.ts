import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** A file by its path; what is no file is a page of the app, which knows its own addresses. */
export type Assets = (path: string) => Asset;

/** Reads the built page, once: nothing on the disk is looked up by what a request says. */
export async function readAssets(folder: string): Promise<Assets> {
  const files = new Map<string, Asset>();
  for (const name of await readdir(folder)) {
    const type = types[extname(name)];
    if (type !== undefined) files.set(`/${name}`, { body: new Uint8Array(await readFile(join(folder, name))), type });
  }
  const page = files.get("/index.html");
  if (page === undefined) throw new Error(`the console is not built: ${folder} has no index.html`);
  return (path) => files.get(path) ?? page;
}
