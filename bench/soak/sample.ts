/** What the service's process holds at one moment, after a collection, while its workers pause. */
export interface Sample {
  readonly heapMiB: number;
  /** Open sockets, of connections and of requests. */
  readonly sockets: number;
  /** Objects that are alive, whether or not something waits for them. */
  readonly timers: number;
  readonly socketObjects: number;
  readonly clients: number;
  readonly pools: number;
  /** Of the process, the pools and their connections. */
  readonly listeners: number;
}

export interface Load {
  readonly queries: number;
  readonly failed: number;
  /** Logins that were refused without the loss of a query. */
  readonly recovered: number;
  /** Versions that the client has seen replace others. */
  readonly seen: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface ServiceOptions {
  readonly endpoint: string;
  readonly secretIds: readonly string[];
  /** For each secret. */
  readonly connections: number;
}

/** From the soak to its service. */
export type Order =
  | { readonly kind: "notice"; readonly secretArn: string; readonly versionId: string }
  | { readonly kind: "measure" }
  /** Once it has seen that many rotations, or waited for half a minute. */
  | { readonly kind: "stop"; readonly rotations: number };

/** From the service to its soak. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "sample"; readonly sample: Sample; readonly load: Load }
  | { readonly kind: "stopped"; readonly load: Load; readonly versionIds: readonly (string | undefined)[] };
