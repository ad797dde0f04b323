/** What a room may import. */
export interface Room {
  /** Rooms, or single files of rooms. */
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

export const values = ["shared/secrets", "shared/errors", "shared/tags"];
/** What the core asks of the world, and what is told of it. */
export const vocabulary = ["shared/ports", ...values];
