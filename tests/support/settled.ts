/** What the work ends with, its result or its error. */
export const settled = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
