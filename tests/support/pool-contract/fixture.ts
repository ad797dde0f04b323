import type { FollowedSecret } from "../../../shared/client/pools/rotating-options.ts";
import type { EngineFixture, EngineServer, Variant } from "../../../shared/testing/engine-contract/fixture.ts";
import type { Stage } from "../../../shared/testing/engine-contract/stage.ts";

/** What is under way while credentials change: a transaction, a cursor, a subscription, a channel, a consumer. */
export interface LongWork {
  /** One more step of it, on what it has. */
  step(): Promise<void>;
  /** Ends it; what it did under its mark has arrived then. */
  finish(): Promise<void>;
}

/** An integration of rekey's client, in use by a service. */
export interface Subject {
  /**
   * A query, a command, a message that is published and acknowledged. It leaves its mark on the server. Returns the user as
   * the server names it, or undefined where it names none.
   */
  operate(mark: string): Promise<string | undefined>;
  longWork(mark: string): Promise<LongWork>;
  readonly versionId: string | undefined;
  /** What a service holds, and may print. */
  readonly visible: unknown;
  close(): Promise<void>;
}

export interface SubjectOptions extends FollowedSecret {
  readonly drainTimeoutMs?: number;
}

/** The server as the subject uses it. */
export interface SubjectServer {
  /** How often an operation of this mark was run. */
  arrived(mark: string): Promise<number>;
  /**
   * The connections that services have now, each by an id of its own. Default: those through the stage's proxy, to which the
   * secret's `host` and `port` lead.
   */
  sessions?(): Promise<readonly (string | number)[]>;
  stop?(): Promise<void>;
}

export type PoolClause =
  | "new-credential"
  | "work-under-way"
  | "several-rotations"
  | "drained"
  | "current-again"
  | "pending"
  | "offered-once"
  | "burst"
  | "ended"
  | "closed-in-time"
  | "useless-secret"
  | "settings"
  | "tls"
  | "tls-typed";

/** Why an integration cannot keep a clause. */
export interface PoolExemption {
  readonly clause: PoolClause;
  readonly reason: string;
}

/** An integration of rekey's client, and a server for it. */
export interface PoolFixture {
  /** Such as `postgres.js on PostgreSQL`. */
  readonly name: string;
  /** The server, and the strategies that it has. */
  readonly engine: EngineFixture;
  /** Default: the engine's, without those of further tags. */
  readonly variants?: readonly [Variant, ...Variant[]];
  readonly exemptions?: readonly PoolExemption[];
  /** Once, before anything is opened: makes what `operate` needs, for every user. */
  prepare(server: EngineServer, stage: Stage): Promise<SubjectServer>;
  /** It may log in at once, or with the first operation. */
  open(options: SubjectOptions): Promise<Subject> | Subject;
  /** Names of the driver's settings that hold a credential, such as `user` and `password`. */
  readonly credentialSettings: readonly string[];
  /** Opens it with the driver's settings. Must throw or reject for those. */
  openWith(options: SubjectOptions, settings: Readonly<Record<string, unknown>>): unknown;
}
