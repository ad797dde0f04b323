const change = ["usersInfo … showAuthenticationRestrictions …", "updateUser … pwd … mechanisms … writeConcern …"];

/** What each method sends; a pair that is not in step yet is also sent `createUser`, or roles. */
export const shapes: Readonly<Record<string, readonly string[]>> = { setPassword: change, syncPair: change };
