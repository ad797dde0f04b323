import { randomUUID } from "node:crypto";
import type { Token } from "./tokens.ts";

export type Operation = "read" | "list" | "write" | "patch" | "delete";

/** One request, past the HTTP front. */
export interface VaultCall {
  readonly operation: Operation;
  /** Below `/v1/` for the core, below the mount for a backend. Never starts with a slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly input: Readonly<Record<string, unknown>>;
  /** Absent only on the few paths that need none. */
  readonly token?: Token;
}

export interface VaultReply {
  readonly status: number;
  /** `undefined`: an empty body. */
  readonly body?: unknown;
}

export interface Backend {
  handle(call: VaultCall): VaultReply | Promise<VaultReply>;
  /** Whether a write would change something that is there, which asks for `update` in place of `create`. */
  exists(path: string): boolean;
  /** Paths that are served without a token. */
  isOpen?(path: string): boolean;
}

/** An answer with Vault's own error texts. */
export class VaultRefusal extends Error {
  readonly status: number;
  readonly errors: readonly string[];

  constructor(status: number, ...errors: readonly string[]) {
    super(errors.join("; "));
    this.status = status;
    this.errors = errors;
  }
}

const listed = (text: string): string => `1 error occurred:\n\t* ${text}\n\n`;

export const notFound = (): VaultRefusal => new VaultRefusal(404);
/** Nobody, or a token that does not exist. */
export const unknownToken = (): VaultRefusal => new VaultRefusal(403, "permission denied");
/** A token whose policies do not allow it. */
export const denied = (): VaultRefusal => new VaultRefusal(403, listed("permission denied"));
export const invalidAccessor = (): VaultRefusal => new VaultRefusal(400, listed("invalid accessor"));
export const unsupportedPath = (): VaultRefusal => new VaultRefusal(404, listed("unsupported path"));
export const unsupportedOperation = (): VaultRefusal => new VaultRefusal(405, listed("unsupported operation"));
export const noHandler = (path: string): VaultRefusal =>
  new VaultRefusal(404, `no handler for route "${path}". route entry not found.`);

export const noContent: VaultReply = { status: 204 };

const envelope = {
  lease_id: "",
  renewable: false,
  lease_duration: 0,
  data: null,
  wrap_info: null,
  warnings: null,
  auth: null,
};

/** An answer in Vault's envelope; `members` are `data`, `auth`, `warnings` and, for old paths, copies at the top. */
export const reply = (members: Readonly<Record<string, unknown>>, status = 200): VaultReply => ({
  status,
  body: { request_id: randomUUID(), ...envelope, ...members },
});

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
