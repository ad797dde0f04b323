import { readFileSync } from "node:fs";

export interface LockedPackage {
  /** Where it is installed, as the lock file's key: `node_modules/pg`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** Any of them may be chosen. Each is an SPDX id, an SPDX expression, or a name of the package's own. */
  readonly licenses: readonly string[];
  /** Subresource integrity of its tarball, `sha512-<base64>`. */
  readonly integrity: string;
  /** Paths of what it depends on and is installed. */
  readonly dependencies: readonly string[];
}

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly license?: string | readonly { readonly type: string }[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const folder = "node_modules/";

/** Those of an SPDX expression that offers some: `(Apache-2.0 OR UPL-1.0)`. */
const choices = (expression: string): readonly string[] =>
  /^\([^()]+ OR [^()]+\)$/.test(expression) ? expression.slice(1, -1).split(" OR ") : [expression];

/** Node's own way: the nearest `node_modules` that has it, from `path` upwards. */
function resolve(entries: Readonly<Record<string, Entry>>, path: string, name: string): string | undefined {
  let from = path === "" ? "" : `${path}/`;
  for (;;) {
    const candidate = from + folder + name;
    if (entries[candidate] !== undefined) return candidate;
    if (from === "") return undefined;
    from = from.slice(0, from.lastIndexOf(folder));
  }
}

/** What the lock file installs beside development's own tools, and `""`: the project itself. */
export function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
    packages: Readonly<Record<string, Entry>>;
  };
  return new Map(
    Object.entries(packages)
      .filter(([, { dev }]) => dev !== true)
      .map(([path, { version = "", license = [], integrity = "", ...needs }]) => {
        const names = Object.keys({ ...needs.dependencies, ...needs.optionalDependencies, ...needs.peerDependencies });
        return [
          path,
          {
            path,
            name: path === "" ? "rekey" : path.slice(path.lastIndexOf(folder) + folder.length),
            version,
            licenses: typeof license === "string" ? choices(license) : license.map(({ type }) => type),
            integrity,
            dependencies: names.flatMap((name) => resolve(packages, path, name) ?? []),
          },
        ];
      }),
  );
}
