/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "OpenBao with PostgreSQL": "vault-static-role.test.ts" } as const;

/** Vault keeps one password of a role: the one that it replaces is refused at once. */
export const issuesOneAtATime = true;
