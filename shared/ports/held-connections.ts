import type { CallOptions } from "./call.ts";

/** A connection that a user has, as far as the server tells. Its texts are the client's own words. */
export interface HeldConnection {
  /** What the client calls itself. */
  readonly application?: string;
  readonly address?: string;
  /** When it logged in. */
  readonly since?: Date;
}

/**
 * What a session is asked before a replaced credential is retired, where the engine can tell.
 *
 * @example
 * ```ts
 * const isIdle = async (session: ConnectionListing, call: CallOptions) =>
 *   (await session.connectionsOf("orders", call))?.length === 0;
 * ```
 */
export interface ConnectionListing {
  /** The connections of a user, without this one. `undefined`: this session may not see them. Changes nothing. */
  connectionsOf(username: string, call: CallOptions): Promise<readonly HeldConnection[] | undefined>;
}
