/** No request of a rotation takes the server longer than milliseconds. */
export const answerTimeoutMs = 5_000;

/** A user has one, or two while it moves over. */
export const maxStoredPasswords = 64;
