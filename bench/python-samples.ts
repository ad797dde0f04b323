import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { bundleFunction } from "../bundle/bundle-function.ts";
import { coldImportMs } from "./cold-import.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 15;
const run = promisify(execFile);

/** What AWS's samples import. PyGreSQL, PostgreSQL's there, has no package for Linux: psycopg2 takes its place. */
const samples = [
  { functionName: "rotate-postgres", sample: "Python with psycopg2", driver: "psycopg2-binary", imports: "psycopg2" },
  { functionName: "rotate-mysql", sample: "Python with PyMySQL", driver: "PyMySQL", imports: "pymysql" },
] as const;

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__"));
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Milliseconds of CPU, as for the bundles; the packages are compiled by the first of the imports. */
async function pythonImportMs(modules: string, folders: readonly string[]): Promise<number> {
  const script = `import time; before = time.process_time(); import ${modules}; print((time.process_time() - before) * 1000)`;
  const { stdout } = await run("python3", ["-c", script], { env: { ...process.env, PYTHONPATH: folders.join(":") } });
  return Number(stdout);
}

const medianOf = async (measure: () => Promise<number>): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measure());
  return median(times);
};

/**
 * Size and import of two functions beside what AWS's Python samples bring: their driver, and boto3, which Lambda's Python
 * has. Nothing where there is no Python, or no registry to install from.
 */
export async function benchPythonSamples(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-python-"));
  const install = async (name: string): Promise<string> => {
    const target = path.join(folder, name);
    await run("python3", ["-m", "pip", "install", "--quiet", "--target", target, name]);
    return target;
  };
  try {
    const boto3 = await install("boto3");
    const figures: Figure[] = [];
    for (const { functionName, sample, driver, imports } of samples) {
      const bundle = path.join(folder, functionName, "index.mjs");
      await bundleFunction(functionName, bundle);
      const packages = [await install(driver), boto3];
      const [driverBytes = 0, boto3Bytes = 0] = await Promise.all(packages.map(bytesBelow));
      const beside = { [`${sample}, the driver alone`]: driverBytes, "and boto3": driverBytes + boto3Bytes };
      figures.push(...figuresOf("python", `${functionName} size`, "bytes", (await stat(bundle)).size, beside));
      const [driverMs, allMs] = [
        await medianOf(async () => pythonImportMs(imports, packages)),
        await medianOf(async () => pythonImportMs(`boto3, ${imports}`, packages)),
      ];
      const times = { [`${sample}, the driver alone`]: driverMs, "and boto3": allMs };
      const ours = await medianOf(async () => coldImportMs(bundle));
      figures.push(...figuresOf("python", `${functionName} cold import`, "ms", ours, times));
    }
    return figures;
  } catch (error) {
    console.log(`no Python to measure beside: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : ""}`);
    return [];
  } finally {
    await rm(folder, { recursive: true });
  }
}
