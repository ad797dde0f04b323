/** The oldest version that rekey supports, by product. */
export const oldestVersions = { "Windows Server": "2008 R2" } as const;

/** The functional level of a domain controller of that version. Source: MS-ADTS, 6.1.4.2. */
export const oldestLevel = 4;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "Samba 4.17": "active-directory.test.ts" } as const;
