import { randomUUID } from "node:crypto";
import type { Backend } from "./exchange.ts";

export interface Mount {
  /** Without a slash at its end; auth methods begin with `auth/`. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly accessor: string;
  readonly uuid: string;
  readonly backend: Backend;
}

export interface MountTable {
  add(mount: Pick<Mount, "path" | "type" | "backend"> & Partial<Pick<Mount, "description" | "options">>): void;
  remove(path: string): void;
  has(path: string): boolean;
  /** The mount that serves a path, the longest first. */
  serving(path: string): Mount | undefined;
  all(): readonly Mount[];
}

export function mountTable(): MountTable {
  const mounts = new Map<string, Mount>();
  return {
    add(mount) {
      const uuid = randomUUID();
      const accessor = `${mount.type}_${uuid.slice(0, 8)}`;
      mounts.set(mount.path, { description: "", options: null, accessor, uuid, ...mount });
    },
    remove: (path) => void mounts.delete(path),
    has: (path) => mounts.has(path),
    serving(path) {
      const segments = path.split("/");
      for (let length = segments.length; length > 0; length--) {
        const mount = mounts.get(segments.slice(0, length).join("/"));
        if (mount !== undefined) return mount;
      }
      return undefined;
    },
    all: () => [...mounts.values()],
  };
}

export const shownMount = (mount: Mount): Readonly<Record<string, unknown>> => ({
  accessor: mount.accessor,
  config: { default_lease_ttl: 0, force_no_cache: false, max_lease_ttl: 0 },
  deprecation_status: "supported",
  description: mount.description,
  external_entropy_access: false,
  local: false,
  options: mount.options,
  plugin_version: "",
  running_plugin_version: "v2.7.2+builtin.bao",
  running_sha256: "",
  seal_wrap: false,
  type: mount.type,
  uuid: mount.uuid,
});
