/** The oldest version that rekey supports, by product: what the driver takes, which is wire version 9. */
export const oldestVersions = { MongoDB: "4.4", DocumentDB: "5.0" } as const;
