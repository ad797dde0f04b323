import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { unzipSync } from "fflate";
import { isMembers } from "../../shared/answers/members.ts";
import { text } from "../aws/members.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

export interface CodeFolders {
  /** Where a function's code lies: a path relative to `folder`, or a zip or a known folder in a bucket. */
  of(code: unknown, folder: string): Promise<string>;
  /** Says that what a template names in a bucket lies in this folder, as the CDK's assets do. */
  add(bucket: string, key: string, folder: string): void;
  /** Takes away what was unpacked. */
  stop(): Promise<void>;
}

async function unpack(zip: Uint8Array, into: string): Promise<void> {
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    const path = resolve(into, name);
    if (!path.startsWith(into + sep)) throw new TemplateError(`the zip has ${name}, which lies outside of it`);
    if (name.endsWith("/")) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

export function createCodeFolders(object: (bucket: string, key: string) => Uint8Array | undefined): CodeFolders {
  const known = new Map<string, string>();
  const made: string[] = [];
  return {
    async of(code, folder) {
      if (typeof code === "string" && !code.startsWith("s3://")) return resolve(folder, code);
      const location = /^s3:\/\/([^/]+)\/(.+)$/u.exec(typeof code === "string" ? code : "");
      if (location === null && (!isMembers(code) || !("S3Bucket" in code)))
        throw new TemplateError("a function's code is a folder or an object in a bucket");
      const [bucket, key] = isMembers(code)
        ? [text(code, "S3Bucket"), text(code, "S3Key")]
        : [location?.[1] ?? "", location?.[2] ?? ""];
      const there = known.get(`${bucket}/${key}`);
      if (there !== undefined) return there;
      const zip = object(bucket, key);
      if (zip === undefined)
        throw new TemplateError(
          `there is no code at s3://${bucket}/${key}: put it there, or tell the stack its folder`,
        );
      const into = await mkdtemp(join(tmpdir(), "rekey-code-"));
      made.push(into);
      await unpack(zip, into);
      return into;
    },
    add: (bucket, key, folder) => void known.set(`${bucket}/${key}`, folder),
    async stop() {
      for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
    },
  };
}
