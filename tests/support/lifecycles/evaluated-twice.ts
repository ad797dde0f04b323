/** Evaluates a module twice in one process, as a development server does after a change, and queries through each pool. */
const [, , module = ""] = process.argv;

interface Evaluated {
  readonly pool: { query(sql: string): Promise<unknown>; end(): Promise<void> };
}

const pools: Evaluated["pool"][] = [];
for (const version of ["1", "2"]) {
  const { pool } = (await import(`${module}?${version}`)) as Evaluated;
  await pool.query("SELECT count(*) FROM orders");
  pools.push(pool);
}
const [first, second] = pools;
await first?.end();
process.stdout.write(first === second ? "one pool" : "two pools");
