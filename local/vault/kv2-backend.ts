import type { Clock } from "../clock.ts";
import { type CustomMetadata, customMetadata, patchedMetadata } from "./custom-metadata.ts";
import { formatDuration } from "./duration.ts";
import {
  type Backend,
  noContent,
  notFound,
  reply,
  unsupportedOperation,
  type VaultCall,
  VaultRefusal,
  type VaultReply,
} from "./exchange.ts";
import { isMembers } from "../../shared/answers/members.ts";
import { durationField, flagField, type Input, integerField, listField, mapField, mergePatch } from "./input.ts";
import { keysBelow } from "./keys-below.ts";
import {
  addVersion,
  checkAndSet,
  deleteVersion,
  destroyVersion,
  emptySecret,
  isReadable,
  type Kv2Secret,
  type Kv2Settings,
  secretMetadata,
  undeleteVersion,
  versionMetadata,
} from "./kv2-secret.ts";

/** Only the settings that the request names. */
function changeSettings(settings: Kv2Settings, input: Input): void {
  settings.maxVersions = integerField(input, "max_versions") ?? settings.maxVersions;
  settings.casRequired = flagField(input, "cas_required") ?? settings.casRequired;
  settings.deleteAfterSeconds = durationField(input, "delete_version_after") ?? settings.deleteAfterSeconds;
}

function casOf(input: Input): number | undefined {
  const options = mapField(input, "options");
  if (options?.["cas"] === undefined) return undefined;
  const cas = Number(options["cas"]);
  if (!Number.isInteger(cas)) throw new VaultRefusal(400, "error parsing check-and-set parameter");
  return cas;
}

function dataOf(input: Input): Input | null {
  const data = mapField(input, "data");
  if (data === undefined) throw new VaultRefusal(400, "no data provided");
  return data;
}

function versionsOf(input: Input): readonly number[] {
  const versions = listField(input, "versions") ?? [];
  if (versions.length === 0) throw new VaultRefusal(400, "No version number provided");
  return versions.map(Number);
}

/** The keys alone, to `depth` levels; 0 is all of them. */
function keysOnly(data: unknown, depth: number): unknown {
  if (!isMembers(data)) return null;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, depth === 1 ? null : keysOnly(value, depth - 1)]),
  );
}

const rootOnly = "Non-listing operations on the root of a K/V v2 mount are not supported.";

const wrongPath = ({ operation }: VaultCall): VaultReply => {
  const command = operation === "read" ? "get" : operation === "delete" ? "delete" : "put";
  const warning =
    "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. " +
    `If using the OpenBao CLI, use 'bao kv ${command}' for this operation.`;
  return reply({ warnings: [warning] }, 404);
};

/** A KV version 2 mount. */
export function kv2Backend(clock: Clock): Backend {
  const secrets = new Map<string, Kv2Secret>();
  const mount: Kv2Settings = { maxVersions: 0, casRequired: false, deleteAfterSeconds: 0 };

  function versionAt(
    key: string,
    query: URLSearchParams,
  ): [Kv2Secret, number, ReturnType<Kv2Secret["versions"]["get"]>] {
    const secret = secrets.get(key);
    if (secret === undefined) throw notFound();
    const number = integerField({ version: query.get("version") ?? "0" }, "version") || secret.current;
    return [secret, number, secret.versions.get(number)];
  }
  function read(key: string, query: URLSearchParams, shown: (data: unknown) => Input): VaultReply {
    const [secret, number, version] = versionAt(key, query);
    if (version === undefined) throw notFound();
    const metadata = versionMetadata(secret, number, version);
    const readable = isReadable(version, clock.now());
    return reply({ data: { ...shown(readable ? version.data : null), metadata } }, readable ? 200 : 404);
  }
  function write(key: string, data: unknown): VaultReply {
    const secret = secrets.get(key) ?? emptySecret(clock.now());
    secrets.set(key, secret);
    addVersion(secret, data, mount, clock.now());
    const version = secret.versions.get(secret.current);
    return version === undefined ? noContent : reply({ data: versionMetadata(secret, secret.current, version) });
  }
  function patch(key: string, input: Input): VaultReply {
    const data = dataOf(input);
    const cas = casOf(input);
    const secret = secrets.get(key);
    const version = secret?.versions.get(secret.current);
    if (secret === undefined || version === undefined) return { status: 404 };
    if (!isReadable(version, clock.now())) {
      return reply({ data: versionMetadata(secret, secret.current, version) }, 404);
    }
    checkAndSet(secret.current, secret.casRequired || mount.casRequired, cas);
    return write(key, mergePatch(version.data, data));
  }
  function onData(key: string, call: VaultCall): VaultReply {
    const secret = secrets.get(key);
    switch (call.operation) {
      case "read":
        return read(key, call.query, (data) => ({ data }));
      case "write": {
        const data = dataOf(call.input);
        checkAndSet(secret?.current ?? 0, (secret?.casRequired ?? false) || mount.casRequired, casOf(call.input));
        return write(key, data);
      }
      case "patch":
        return patch(key, call.input);
      case "delete":
        if (secret !== undefined) deleteVersion(secret, secret.current, clock.now());
        return noContent;
      case "list":
        throw unsupportedOperation();
    }
  }
  function changeMetadata(secret: Kv2Secret, input: Input, custom: CustomMetadata | null | undefined): VaultReply {
    changeSettings(secret, input);
    if (custom !== undefined) secret.custom = custom;
    secret.updatedMs = clock.now();
    return noContent;
  }
  function onMetadata(key: string, { operation, input }: VaultCall): VaultReply {
    const secret = secrets.get(key);
    switch (operation) {
      case "read":
        if (secret === undefined) throw notFound();
        return reply({ data: secretMetadata(secret) });
      case "list": {
        const keys = keysBelow(secrets.keys(), key);
        if (keys.length === 0) throw notFound();
        return reply({ data: { keys } });
      }
      case "write": {
        const changed = secret ?? emptySecret(clock.now());
        const custom = mapField(input, "custom_metadata");
        const answer = changeMetadata(changed, input, custom === undefined ? undefined : customMetadata(custom));
        secrets.set(key, changed);
        return answer;
      }
      case "patch": {
        if (secret === undefined) return { status: 404 };
        const custom = mapField(input, "custom_metadata");
        return changeMetadata(secret, input, custom ? patchedMetadata(secret.custom, custom) : custom);
      }
      case "delete":
        secrets.delete(key);
        return noContent;
    }
  }
  function onVersions(key: string, call: VaultCall, change: (secret: Kv2Secret, number: number) => void): VaultReply {
    if (call.operation !== "write") throw unsupportedOperation();
    const versions = versionsOf(call.input);
    const secret = secrets.get(key);
    if (secret !== undefined) for (const number of versions) change(secret, number);
    return noContent;
  }
  function onConfig({ operation, input }: VaultCall): VaultReply {
    if (operation === "write") {
      changeSettings(mount, input);
      return noContent;
    }
    const { casRequired, deleteAfterSeconds, maxVersions } = mount;
    const data = {
      cas_required: casRequired,
      delete_version_after: formatDuration(deleteAfterSeconds),
      max_versions: maxVersions,
      metadata_cas_required: false,
    };
    return reply({ data });
  }

  return {
    exists: (path) => !/^(meta)?data\//.test(path) || secrets.has(path.replace(/^[^/]+\//, "")),
    handle(call) {
      const [kind = "", ...segments] = call.path.split("/");
      const key = segments.join("/");
      if (
        call.operation !== "read" &&
        call.operation !== "list" &&
        (key === "" || key.endsWith("/")) &&
        kind !== "config"
      ) {
        throw new VaultRefusal(400, "cannot write to a path ending in '/'");
      }
      if (call.path === "data" && call.operation === "read") return reply({ warnings: [rootOnly] }, 404);
      switch (kind) {
        case "config":
          return onConfig(call);
        case "data":
          return onData(key, call);
        case "metadata":
          return onMetadata(key, call);
        case "subkeys":
          return read(key, call.query, (data) => ({ subkeys: keysOnly(data, Number(call.query.get("depth") ?? 0)) }));
        case "delete":
          return onVersions(key, call, (secret, number) => deleteVersion(secret, number, clock.now()));
        case "undelete":
          return onVersions(key, call, undeleteVersion);
        case "destroy":
          return onVersions(key, call, destroyVersion);
        default:
          return wrongPath(call);
      }
    },
  };
}
