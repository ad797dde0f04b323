import type { Clock } from "../clock.ts";
import { appRoleBackend } from "./approle-backend.ts";
import { awsBackend } from "./aws-backend.ts";
import {
  type Backend,
  noContent,
  reply,
  unknownToken,
  unsupportedPath,
  type VaultCall,
  VaultRefusal,
  type VaultReply,
} from "./exchange.ts";
import { type Input, listField, mapField, textField } from "./input.ts";
import { kv1Backend } from "./kv1-backend.ts";
import { kv2Backend } from "./kv2-backend.ts";
import { type Mount, type MountTable, shownMount } from "./mounts.ts";
import type { Policies } from "./policies.ts";
import type { TokenStore } from "./tokens.ts";

export interface SystemParts {
  readonly mounts: MountTable;
  readonly policies: Policies;
  readonly tokens: TokenStore;
  readonly clock: Clock;
}

const inUse = (path: string): VaultRefusal =>
  new VaultRefusal(400, `path is already in use at ${path.replace(/^auth\//, "")}/`);

const bothPlaces = (data: Input): VaultReply => reply({ ...data, data });

function mountSecrets({ mounts, clock }: SystemParts, path: string, input: Input): void {
  const asked = textField(input, "type") ?? "";
  const version = asked === "kv-v2" ? "2" : (textField(mapField(input, "options") ?? {}, "version") ?? "1");
  if (asked !== "kv" && asked !== "kv-v2") throw new VaultRefusal(400, `plugin not found in the catalog: ${asked}`);
  if (mounts.has(path)) throw inUse(path);
  const backend = version === "2" ? kv2Backend(clock) : kv1Backend();
  const description = textField(input, "description") ?? "";
  mounts.add({ path, type: "kv", description, options: { version }, backend });
}

function mountAuth({ mounts, tokens, clock }: SystemParts, name: string, input: Input): void {
  const type = textField(input, "type") ?? "";
  const backend = { approle: appRoleBackend, aws: awsBackend }[type];
  if (backend === undefined) throw new VaultRefusal(400, `plugin not found in the catalog: ${type}`);
  const path = `auth/${name}`;
  if (mounts.has(path)) throw inUse(path);
  mounts.add({ path, type, backend: backend(name, tokens, clock) });
}

const isAuth = (mount: Mount): boolean => mount.path.startsWith("auth/");

const tableOf = (mounts: readonly Mount[]): Input =>
  Object.fromEntries(mounts.map((mount) => [`${mount.path.replace(/^auth\//, "")}/`, shownMount(mount)]));

/** `sys/`: mounts, auth methods, policies, a token's own capabilities, and what the CLI asks before `kv`. */
export function systemBackend(parts: SystemParts): Backend {
  const { mounts, policies, tokens } = parts;

  function onMounts(path: string, { operation, input }: VaultCall): VaultReply {
    if (path === "") return bothPlaces(tableOf(mounts.all().filter((mount) => !isAuth(mount))));
    if (operation === "write") mountSecrets(parts, path, input);
    else if (operation === "delete") mounts.remove(path);
    else {
      const mount = mounts.serving(path);
      if (mount?.path !== path) throw new VaultRefusal(400, `No secret engine mount at ${path}/`);
      return bothPlaces(shownMount(mount));
    }
    return noContent;
  }

  function onAuth(name: string, { operation, input }: VaultCall): VaultReply {
    if (name === "") return bothPlaces(tableOf(mounts.all().filter(isAuth)));
    if (operation === "write") mountAuth(parts, name, input);
    else if (operation === "delete") {
      mounts.remove(`auth/${name}`);
      tokens.revokeWhere((token) => token.path === `auth/${name}/login`);
    } else throw unsupportedPath();
    return noContent;
  }

  function capabilities({ input, token }: VaultCall): VaultReply {
    const paths = listField(input, "paths") ?? listField(input, "path") ?? [];
    if (paths.length === 0) throw new VaultRefusal(400, "paths must be supplied");
    if (token === undefined) throw unknownToken();
    const onPath = (path: string): readonly string[] => {
      if (token.policies.includes("root")) return ["root"];
      const allowed = [...policies.allowed(token.policies, path, true)].toSorted();
      return allowed.length === 0 ? ["deny"] : allowed;
    };
    return bothPlaces(Object.fromEntries(paths.map((path) => [path, onPath(path)])));
  }

  /** Any token with some right below the mount may ask; the answer tells the CLI the version of KV. */
  function preflight(path: string, { token }: VaultCall): VaultReply {
    const mount = mounts.serving(path);
    const hasRights = token !== undefined && mount !== undefined && policies.reaches(token.policies, mount.path);
    if (!hasRights) {
      const problem = `please ensure client's policies grant access to path "${path}/"`;
      throw new VaultRefusal(403, `preflight capability check returned 403, ${problem}`);
    }
    return reply({ data: { ...shownMount(mount), path: `${mount.path}/` } });
  }

  return {
    exists: () => true,
    handle(call) {
      const [, area = "", rest = ""] =
        /^(mounts|auth|policies\/acl|policy|capabilities-self|internal\/ui\/mounts)(?:\/(.*?))?\/?$/.exec(call.path) ??
        [];
      switch (area) {
        case "mounts":
          return onMounts(rest, call);
        case "auth":
          return onAuth(rest, call);
        case "policies/acl":
        case "policy":
          return policies.backend.handle({ ...call, path: rest });
        case "capabilities-self":
          return capabilities(call);
        case "internal/ui/mounts":
          return preflight(rest, call);
        default:
          throw unsupportedPath();
      }
    },
  };
}
