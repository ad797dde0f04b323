/** The members of a structure that somebody else sent. */
export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Those of what is a structure; none of anything else. */
export const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});
