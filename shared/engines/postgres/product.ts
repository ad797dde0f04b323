/** The oldest version that rekey supports, by product. */
export const oldestVersions = { PostgreSQL: "13" } as const;
