/** The oldest version of each server that rekey supports. The reference pages say the same. */
export const oldestVersions = {
  postgres: "13",
  mariadb: "10.6",
  mysql: "8.0.21",
  /** What the driver takes: wire version 9. DocumentDB 3.6 and 4.0 have 6 and 7. */
  mongodb: "4.4",
  documentdb: "5.0",
  /** `ACL GETUSER` and `ACL SETUSER` came with Redis 6; selectors and keys' rights as they are read here with 6.2. */
  redis: "6.2",
} as const;

/** By the numbers, as far as both have some; a version that does not begin with one is none. */
export const isAtLeast = (version: string, oldest: string): boolean =>
  /^\d/.test(version) && version.localeCompare(oldest, "en", { numeric: true }) >= 0;
