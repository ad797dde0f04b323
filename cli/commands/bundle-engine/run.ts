import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { withFunction } from "../../../deploy/reading/with-function.ts";
import { packageRoot } from "../../../local/package-root.ts";
import { isMembers, type Members, membersOf } from "../../../shared/answers/members.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Options, Run } from "../../command.ts";
import { flagOption, textOption } from "../../options.ts";
import { print } from "../../output/output.ts";
import { bundleEngineModule } from "./engine-bundle.ts";

const mostLetters = 40;

const invalid = (option: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, ...(hint === undefined ? {} : { hint }) });

async function ownTemplate(): Promise<Members> {
  try {
    return JSON.parse(await readFile(join(packageRoot, "dist/template.json"), "utf8")) as Members;
  } catch {
    throw invalid("bundle-engine", "dist/template.json is not there", "build it first: npm run build");
  }
}

function nameOf(options: Options, template: Members): string {
  const name = textOption(options, "name") ?? "";
  if (!/^rotate(?:-[a-z]+)+$/u.test(name) || name.length > mostLetters) {
    throw invalid("name", "it is rotate- and lower-case words with hyphens, and at most 40 letters");
  }
  if (JSON.stringify(template).includes(`dist/functions/${name}"`)) {
    throw invalid("name", "rekey has a function of this name", "choose another name");
  }
  return name;
}

/** A resource whose files lie in the package, seen from the folder that the template is written to. */
function elsewhere(resource: unknown, wayBack: string): unknown {
  if (!isMembers(resource)) return resource;
  const { Metadata, ...rest } = resource;
  // What is bundled is not built again.
  const { BuildMethod, ContextPath: _context, ...metadata } = membersOf(Metadata);
  const properties = Object.entries(membersOf(rest["Properties"])).map(([key, value]) =>
    (key === "CodeUri" || key === "Location") && typeof value === "string" && /^(?:dist|templates)\//u.test(value)
      ? [key, `${wayBack}/${value}`]
      : [key, value],
  );
  return {
    ...rest,
    ...(Metadata === undefined ? {} : { Metadata: BuildMethod === undefined ? Metadata : metadata }),
    ...("Properties" in rest ? { Properties: Object.fromEntries(properties) } : {}),
  };
}

/** Makes a folder to deploy from: an engine's rotation function, and rekey's template with it. */
export const run: Run = async ([module = ""], options) => {
  const { bytes: _bytes, ...template } = await ownTemplate();
  const name = nameOf(options, template);
  const out = resolve(textOption(options, "out") ?? "dist/rekey");
  const folder = `functions/${name}`;
  await mkdir(join(out, folder), { recursive: true });
  await bundleEngineModule(module, join(out, folder, "index.mjs"));

  const wayBack = relative(out, packageRoot).replaceAll("\\", "/");
  const resources = Object.entries(membersOf(template["Resources"])).map(([id, resource]) => [
    id,
    elsewhere(resource, wayBack),
  ]);
  const more = withFunction(
    { AWSTemplateFormatVersion: "2010-09-09", ...template, Resources: Object.fromEntries(resources) },
    {
      name,
      description: textOption(options, "description") ?? `Rotates credentials for Secrets Manager: ${name}.`,
      codeUri: folder,
      admins: flagOption(options, "admins"),
    },
  );
  const file = join(out, "template.json");
  await writeFile(file, `${JSON.stringify(more)}\n`);
  print(join(out, folder, "index.mjs"), `${file}: deploy it in place of rekey's template.yaml`);
  return 0;
};
