import type { RekeyError } from "../errors/reading-error.ts";
import { callListener } from "./call-listener.ts";
import type { SourceVersion } from "./sources/secret-source.ts";

export interface ClientEvents {
  /** A version replaced another one. */
  readonly rotated: {
    readonly secretId: string;
    readonly version: SourceVersion;
    readonly previousVersionId: string;
  };
  /** A value is served although the source could not confirm it; once for each failure, not for each read. */
  readonly stale: { readonly secretId: string; readonly ageMs: number; readonly error: RekeyError };
  /** A request that nobody waited for failed, a subscription did, or what follows the secret cannot take its new version. */
  readonly error: { readonly secretId?: string; readonly error: RekeyError };
}

export interface Listeners {
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void;
  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void;
  clear(): void;
}

type Listener = (event: never) => void;

export function createListeners(): Listeners {
  const byName = new Map<keyof ClientEvents, Set<Listener>>();
  return {
    on(name, listener) {
      const set = byName.get(name) ?? new Set();
      byName.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
    emit(name, event) {
      for (const listener of byName.get(name) ?? []) callListener(name, () => listener(event as never));
    },
    clear: () => byName.clear(),
  };
}
