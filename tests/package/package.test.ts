import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { packageMetafile } from "../../bundle/build-package.ts";
import { bundledPackages } from "../../bundle/bundled-packages.ts";
import { startCliStage } from "../support/cli-stage.ts";
import { ferretDb } from "../support/ferretdb.ts";
import { kafkaProgram } from "../support/kafka.ts";
import { rabbitmqServer } from "../support/rabbitmq.ts";
import { redisServer } from "../support/redis.ts";
import { needed, optionalPeers, stagedPackage, stagePackage } from "../../bundle/stage-package.ts";
import { packageExports, packageTypesVersions } from "../../bundle/package-entries.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
let built: Metafile;

/** The modules that services load, from `dist/package`. */
async function builtModules(): Promise<readonly string[]> {
  const files = await readdir(path.join(root, "dist/package"), { recursive: true });
  return files.filter((file) => file.endsWith(".js") && !/^(?:cli|console)\//.test(file));
}

/** By entry what it has besides `shared`: what reads the template, and the services that the contract rotates with. */
const sourcesOf: readonly (readonly [entry: RegExp, sources: RegExp])[] = [
  [/(?:^|\/)cdk\.js$/, /^(?:\.\.\/)+(?:shared|deploy\/cdk|deploy\/reading)\/.+\.ts$/],
  [/(?:^|\/)engine-contract\.js$/, /^(?:\.\.\/)+(?:shared|local)\/.+\.ts$/],
];

beforeAll(async () => {
  built = JSON.parse(await readFile(packageMetafile, "utf8")) as Metafile;
  // Inside the repository, so that the package finds itself by its name.
  await mkdir(path.join(root, "dist"), { recursive: true });
  folder = await mkdtemp(path.join(root, "dist/consumer-"));
});
afterAll(async () => rm(folder, { recursive: true }));

test("package.json exports what is built", async () => {
  const { exports: said, typesVersions } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    readonly exports: object;
    readonly typesVersions: object;
  };
  expect(said).toEqual(packageExports());
  expect(typesVersions).toEqual(packageTypesVersions());
});

test("modules of both formats have maps with the sources in them, and nothing that only one format has", async () => {
  const files = await builtModules();
  expect(files.filter((file) => file.startsWith("cjs/"))).toHaveLength(files.length / 2);
  for (const file of files) {
    const text = await readFile(path.join(root, "dist/package", file), "utf8");
    // The construct finds the functions next to it.
    const place = file === "cdk.js" ? /\bimport\.meta\.dirname\b/g : file === "cjs/cdk.js" ? /\b__dirname\b/g : /$^/g;
    // Both formats import Node's own modules on the way; nothing else.
    expect(text.replaceAll(place, "")).not.toMatch(
      /\bimport_?\.?meta\b|\b__dirname\b|\b__filename\b|\bimport\((?!"node:)/,
    );
    const map = JSON.parse(await readFile(path.join(root, "dist/package", `${file}.map`), "utf8")) as {
      readonly sources: readonly string[];
      readonly sourcesContent: readonly string[];
    };
    expect(map.sourcesContent).toHaveLength(map.sources.length);
    const ours = sourcesOf.find(([entry]) => entry.test(file))?.[1] ?? /^(?:\.\.\/)+shared\/.+\.ts$/;
    // One that only passes on what a chunk has is made of the ES module.
    const passedOn = `../../${file.replace(/^cjs\//, "")}`;
    for (const source of map.sources.filter((one) => one !== passedOn)) expect(source).toMatch(ours);
  }
});

test("the package has no code of others in it, so that no licence of theirs must go along", () => {
  expect(Object.keys(built.outputs).length).toBeGreaterThan(10);
  expect(bundledPackages(built)).toEqual([]);
});

test("publint and attw find nothing wrong", async () => {
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "check:package"], { cwd: root });
  expect(stdout).toContain("rekey/client/vault");
});

test("the types are those that a service expects, with a validator and without", async () => {
  const service = `
    import { createSecretClient, type SecretSource, type SourceVersion } from "rekey/client";
    import { fakeSecretClient } from "rekey/testing";
    import { z } from "zod";
    declare const source: SecretSource;
    await using client = createSecretClient({ source, ttlMs: 60_000 });
    const version: SourceVersion = await client.get("a", { stage: "AWSPREVIOUS" });
    const peeked: SourceVersion | undefined = client.handle("a").peek();
    const { port } = await client.json("a", z.object({ port: z.number() }));
    const typed: number = port;
    const unchecked: unknown = await client.json("a");
    client.on("stale", ({ ageMs }) => ageMs.toFixed());
    // @ts-expect-error no such event
    client.on("fresh", () => undefined);
    // @ts-expect-error the schema says number
    const wrong: string = port;
    // @ts-expect-error nothing is known without a schema
    unchecked.port;
    // @ts-expect-error a value is not text
    const text: string = version.value;
    const versionId: string = await fakeSecretClient({ a: "1" }).rotate("a", "2");
    export { peeked, text, typed, versionId, wrong };
  `;
  const compilerOptions = {
    module: "NodeNext",
    target: "ES2022",
    lib: ["ES2022", "ESNext.Disposable"],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(path.join(folder, "service.ts"), service);
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["service.ts"] }));
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const complaints = await promisify(execFile)(tsc, ["-p", folder]).then(
    () => "",
    (error: unknown) => Reflect.get(Object(error), "stdout"),
  );
  expect(complaints).toBe("");
});

test.each([
  [
    "Vault",
    'export { createSecretClient } from "rekey/client"; export { vaultSource } from "rekey/client/vault";',
    97_500,
  ],
  ["one class", 'export { SecretValue } from "rekey/client";', 2_000],
])("a bundle with %s has no AWS SDK, no driver and no Vault library in it", async (_what, contents, mostBytes) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  expect(Object.keys(metafile.inputs).filter((file) => /@aws-sdk|@smithy|node-vault|mysql2|\/pg\//.test(file))).toEqual(
    [],
  );
  expect(outputFiles[0]?.contents.length).toBeLessThan(mostBytes);
});

test("the built package runs", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, "bundle/load-package.mjs")]);
  expect(stdout).toContain(`Node ${process.version} loads ${Object.keys(packageExports()).length} entries`);
});

test("the built command line logs in to a database", async () => {
  const stage = await startCliStage();
  onTestFinished(async () => stage.stop());
  await stage.secret("db/orders");
  const rekey = path.join(root, "dist/package/cli/rekey.js");
  const words = [rekey, "doctor", "db/orders", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: stage.variables });
  const codes = (JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code);
  expect(codes.toSorted()).toEqual(["iam-cannot-be-seen", "tls-not-verified"]);
});

test.each(["drizzle", "knex", "kysely", "nestjs", "postgres-js", "prisma", "sequelize", "typeorm"])(
  "the example with %s loses nothing to a rotation in the midst of its transaction",
  { timeout: 60_000 },
  async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, "examples", `${name}.ts`)]);
    expect(stdout).toBe("before, in the midst, after\nrefused logins: 1\n");
  },
);

for (const [name, server] of [
  ["mongoose", ferretDb],
  ["bullmq", redisServer],
  ["kafka", kafkaProgram],
  ["amqp", rabbitmqServer],
] as const) {
  test.skipIf(server === undefined)(
    `the example with ${name} loses nothing to two rotations`,
    { timeout: 60_000 },
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(root, "examples", `${name}.ts`)]);
      expect(stdout).toBe("before, in the midst, after\nrefused logins: 0\n");
    },
  );
}

test.skipIf(ferretDb === undefined)(
  "the example with NestJS and mongoose loses nothing to two rotations, and its end closes the connection",
  { timeout: 60_000 },
  async () => {
    const example = path.join(root, "examples/nestjs-mongoose.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [example]);
    expect(stdout).toBe("before, in the midst, after\nconnection: disconnected\n");
  },
);

test("a service that has no driver and no SDK installs the client, which loads and brings one package along", async () => {
  const place = await mkdtemp(path.join(tmpdir(), "rekey-consumer-"));
  onTestFinished(async () => rm(place, { recursive: true }));
  const npm = async (...words: readonly string[]) => promisify(execFile)("npm", words, { cwd: place, timeout: 60_000 });
  await stagePackage();
  await promisify(execFile)("npm", ["pack", "--silent", "--pack-destination", place], { cwd: stagedPackage });
  const tarball = (await readdir(place)).find((file) => file.endsWith(".tgz"));
  await writeFile(path.join(place, "package.json"), '{"type":"module"}');
  await npm("install", "--no-audit", "--no-fund", "--prefer-offline", `./${tarball}`);
  const installed = await readdir(path.join(place, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["@opentelemetry", "rekey"]);
  const program = `
    const require = (await import("node:module")).createRequire(process.cwd() + "/service.js");
    for (const entry of ["client", "client/vault", "client/redis", "client/ioredis", "client/mongodb", "client/kafka", "client/middy", "testing"]) {
      await import("rekey/" + entry);
      require("rekey/" + entry);
    }
    await import("rekey/client/pg").catch(({ code }) => console.log(code));
    try { require("rekey/client/pg"); } catch ({ code }) { console.log(code); }`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: place,
  });
  expect(stdout.trim()).toBe("ERR_MODULE_NOT_FOUND\nMODULE_NOT_FOUND");
});

test("the published package asks for what its entries import, and for nothing else", async () => {
  const imported = { modules: new Set<string>(), commonJs: new Set<string>() };
  for (const file of await builtModules()) {
    const text = await readFile(path.join(root, "dist/package", file), "utf8");
    for (const [, name = ""] of text.matchAll(/(?:from|import|require) ?\(?"(?!node:)((?:@[\w-]+\/)?[\w-]+)[^"]*"/g))
      imported[file.startsWith("cjs/") ? "commonJs" : "modules"].add(name);
  }
  const asked = [...needed, ...Object.keys(optionalPeers)].sort();
  expect([...imported.modules].sort()).toEqual(asked);
  expect([...imported.commonJs].sort()).toEqual(asked);
});
