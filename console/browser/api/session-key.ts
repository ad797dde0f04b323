const place = "rekey-key";

/** Kept for this address and its port alone, for all tabs of it. */
export const sessionKey = (): string => localStorage.getItem(place) ?? "";
export const keepSessionKey = (key: string): void => localStorage.setItem(place, key);
