import { errorNumber } from "./translate-error.ts";

/** Denied (a database, a table, a column, a statement), or an unknown column, table, setting or statement. */
const unreadable = new Set([1044, 1054, 1064, 1109, 1142, 1143, 1146, 1193, 1227]);

/** The rows, or none where this session may not read them or this version does not have them. */
export async function ifReadable<Row>(rows: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await rows;
  } catch (error) {
    if (unreadable.has(errorNumber(error) ?? 0)) return [];
    throw error;
  }
}
