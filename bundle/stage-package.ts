import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
export const stagedPackage = path.join(root, "dist/npm");

/** What the client's entries import; the functions and the command line have theirs bundled. */
export const needed: readonly string[] = ["@opentelemetry/api"];
/** Asked for only by the entry that a service chooses to import. */
export const optionalPeers: Readonly<Record<string, string>> = {
  "@aws-sdk/client-eventbridge": "^3.0.0",
  "@aws-sdk/client-secrets-manager": "^3.0.0",
  "@aws-sdk/client-sns": "^3.0.0",
  "@aws-sdk/client-sqs": "^3.0.0",
  "@nestjs/common": ">=10.0.0 <13.0.0",
  "aws-cdk-lib": "^2.150.0",
  constructs: "^10.3.0",
  mariadb: "^3.5.1",
  mysql2: "^3.9.0",
  pg: "^8.11.0",
  postgres: "^3.4.9",
  sequelize: "^6.37.0",
};

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: object;
  readonly private: boolean;
  readonly scripts: object;
}

/** The repository's own manifest keeps what is bundled among its dependencies, and stays private. */
function publishedManifest(manifest: Manifest, repository: string | undefined): object {
  const { dependencies, devDependencies: _dev, private: _private, scripts: _scripts, ...kept } = manifest;
  return {
    ...kept,
    ...(repository === undefined ? {} : { repository }),
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => needed.includes(name))),
    peerDependencies: optionalPeers,
    peerDependenciesMeta: Object.fromEntries(Object.keys(optionalPeers).map((name) => [name, { optional: true }])),
  };
}

/** Lays out in a folder what is published: the files that npm would pack, and the manifest for services. */
export async function stagePackage(repository?: string, folder: string = stagedPackage): Promise<void> {
  const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", words, { cwd: root, maxBuffer: 2 ** 24 });
  const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
  await rm(folder, { recursive: true, force: true });
  for (const { path: file } of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await cp(path.join(root, file), path.join(folder, file));
  }
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as Manifest;
  await writeFile(
    path.join(folder, "package.json"),
    `${JSON.stringify(publishedManifest(manifest, repository), undefined, 2)}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await stagePackage(process.argv[2]);
