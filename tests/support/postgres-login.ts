import pg from "pg";

/** Whether the server lets this user in, whatever it is that keeps it out. */
export async function logsIn(
  { host, port }: { readonly host: string; readonly port: number },
  user: string,
  password: string,
): Promise<boolean> {
  const session = new pg.Client({ host, port, user, password, database: "postgres" });
  try {
    await session.connect();
    return true;
  } catch {
    return false;
  } finally {
    await session.end().catch(() => undefined);
  }
}
