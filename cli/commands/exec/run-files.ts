import { randomBytes } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** Of Linux: tmpfs and ramfs. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

function isInMemory(folder: string): boolean {
  try {
    return inMemory.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/** The files of a run: 0600, each version written whole, none left at the end. */
export interface RunFiles {
  /** 0700, of this run. */
  readonly folder: string;
  /** Whether the folder is in memory, so that no disk ever has what is in it. */
  readonly isInMemory: boolean;
  /** Everything that is removed at the end, also what a write that was cut off leaves. */
  readonly paths: readonly string[];
  pathOf(target: string): string;
  /** Replaces files by a rename in their folder; a failed write leaves all as they were. Errors: the system's. */
  write(contents: ReadonlyMap<string, string>): void;
  remove(): void;
}

/** Makes the run's folder. `targets`: paths, or names in the folder. Errors: the system's. */
export function runFiles(targets: readonly string[], variables: NodeJS.ProcessEnv): RunFiles {
  const places = [variables["XDG_RUNTIME_DIR"] ?? "", "/dev/shm"].filter((place) => place.startsWith("/"));
  const memory = places.flatMap((place) => {
    try {
      return isInMemory(place) ? [mkdtempSync(join(place, "rekey-exec-"))] : [];
    } catch {
      return [];
    }
  });
  for (const unused of memory.slice(1)) rmSync(unused, { recursive: true });
  const folder = memory[0] ?? mkdtempSync(join(tmpdir(), "rekey-exec-"));
  const run = randomBytes(6).toString("hex");
  const pathOf = (target: string): string => (target.includes("/") ? resolve(target) : join(folder, target));
  const nextOf = (path: string): string => join(dirname(path), `.${basename(path)}.rekey-${run}`);
  const paths = targets.map(pathOf).flatMap((path) => [path, nextOf(path)]);

  function discard(): void {
    for (const path of targets) rmSync(nextOf(pathOf(path)), { force: true });
  }
  return {
    folder,
    isInMemory: memory.length > 0,
    paths,
    pathOf,
    write(contents) {
      try {
        for (const [target, text] of contents) writeFileSync(nextOf(pathOf(target)), text, { mode: 0o600, flag: "wx" });
        for (const target of contents.keys()) renameSync(nextOf(pathOf(target)), pathOf(target));
      } catch (error) {
        discard();
        throw error;
      }
    },
    remove() {
      for (const path of paths) rmSync(path, { force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
