import type { Secret } from "./secret.ts";

/** The AWS service that manages the secret: services name their secrets `service!name`, such as `rds!db-1234`. */
export const owningService = ({ name }: Pick<Secret, "name">): string | undefined => /^([a-z0-9-]+)!/.exec(name)?.[1];
