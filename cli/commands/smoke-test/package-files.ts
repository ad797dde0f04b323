import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { packageRoot } from "../../../local/package-root.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";

export interface UploadedFile {
  readonly key: string;
  readonly body: Uint8Array;
}

/** Where a run's bucket is: for CloudFormation's own templates, and for those that SAM reads code for. */
export interface Places {
  readonly codeUri: (key: string) => string;
  readonly templateUrl: (key: string) => string;
}

export interface PackageFiles {
  /** Code first, then the templates that name it. */
  readonly uploads: readonly UploadedFile[];
  /** Keys of all templates, to validate. */
  readonly templates: readonly string[];
}

export const mainTemplate = "template.yaml";
export const dataKeyTemplate = "templates/data-key.yaml";
export const subscriberTemplate = "templates/subscribers/service-queue.yaml";
export const keyApiCode = "key-api.zip";

const textOf = async (name: string): Promise<string> => readFile(join(packageRoot, name), "utf8");
const isYaml = (name: string): boolean => name.endsWith(".yaml");

async function zipped(file: string): Promise<Uint8Array> {
  try {
    return zipSync({ "index.mjs": await readFile(join(packageRoot, file)) }, { mtime: "2020-01-01" });
  } catch {
    const context = { option: "smoke-test", problem: `${file} is not there` };
    throw new RekeyError("option-invalid", { context, hint: "build it first: npm run build" });
  }
}

const codeKey = (folder: string): string => `${folder.replaceAll("/", "-")}.zip`;

/**
 * A template as a run deploys it: code and nested templates are in the bucket, and nothing stays when the stack is deleted.
 */
export function rewritten(text: string, { codeUri, templateUrl }: Places): string {
  return text
    .replaceAll(/^ +(?:DeletionPolicy|UpdateReplacePolicy): .*\n/gm, "")
    .replaceAll(/(?<=^ +CodeUri: )(dist\/[\w/-]+?)\/?$/gm, (folder) => codeUri(codeKey(folder.replace(/\/$/, ""))))
    .replaceAll(/(?<=^ +Location: )(templates\/\S+)$/gm, (file) => templateUrl(file));
}

/** The package's templates and functions, as they are put into the bucket. Errors: `option-invalid` where nothing is built. */
export async function packageFiles(places: Places): Promise<PackageFiles> {
  const main = await textOf(mainTemplate);
  const folders = [...main.matchAll(/^ +CodeUri: (dist\/[\w/-]+?)\/?$/gm)].map(([, folder = ""]) => folder);
  const code = await Promise.all(
    folders.map(async (folder) => ({ key: codeKey(folder), body: await zipped(`${folder}/index.mjs`) })),
  );
  const nested = (await readdir(join(packageRoot, "templates"), { recursive: true })).filter(isYaml).sort();
  const templates = [mainTemplate, ...nested.map((name) => `templates/${name}`)];
  const texts = await Promise.all(
    templates.map(async (key) => ({ key, body: Buffer.from(rewritten(await textOf(key), places)) })),
  );
  const keyApi = { key: keyApiCode, body: await zipped("dist/package/cli/key-api.js") };
  return { uploads: [...code, keyApi, ...texts], templates };
}
