import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type CapacityPlan, planCapacity } from "../../../shared/capacity/capacity-plan.ts";
import { growthTable } from "../../../shared/capacity/growth-table.ts";
import type { Simulation } from "../../../shared/capacity/simulation/simulate.ts";
import { childVariables } from "../../../tests/support/child-variables.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";

const folder = mkdtempSync(join(tmpdir(), "rekey-plan-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** With no credentials and no region: the plan needs none. */
const plan = async (...words: string[]) => runRekey(["plan", ...words], { env: childVariables });

test("without an option it prints the growth table, as the page on capacity shows it", async () => {
  const { code, out, err } = await plan();
  expect([code, err]).toEqual([0, ""]);
  const page = readFileSync(resolve(import.meta.dirname, "../../../docs/capacity.md"), "utf8");
  const [, shown] = /```text\n\$ rekey plan\n([\s\S]*?)```/.exec(page) ?? [];
  expect(out).toBe(shown);
});

test("one size in detail, simulated", async () => {
  const { code, out, err } = await plan("--users=50,000", "--ttl", "60", "--no-push", "--simulate", "--seed", "7");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatchInlineSnapshot(`
    "                                         50,000 users

    Asked for
      services                                        351
      instances                                     2,236
      secrets                                      22,361
      reads by services                          14,245/s
      TTL of the cache                              1 min
      push of new versions                            off
      regions                                           2
      shards (AWS accounts)                             1

    Reads
      backend without a cache                    14,245/s
        of its fullest quota                         71 %
      backend with the cache                      2,456/s
        of its fullest quota                         12 %
      answered by the cache                          83 %
      bandwidth without, with           14 MB/s, 2.5 MB/s

    First bottleneck
      without a cache                      GetSecretValue
      with the cache                       GetSecretValue
      reached at                          8.1 x this load

    A rotation
      events                                            3
      deliveries by EventBridge                         4
      deliveries to instances                           0
        that use the secret                             0
      refresh window, own secret                        -
      refresh window, shared by all                     -

    Rotating everything after a breach
      takes at least                          14 min 54 s
      at                                             25/s

    Storage
      one version of each                           22 MB
      with AWSPREVIOUS                              45 MB
      with all versions kept                       2.2 GB
      in Vault                                     224 MB
      Vault nodes, as a mirror                          3
        if services read from it                        3

    Cost a month
      everything counted                          $50,326
        for each user                               $1.01
      reads alone without a cache                $187,179

    Quotas of one account and region, in quiet times
      KMS Decrypt                    1,234/s           of 10,000/s        12 %
      GetSecretValue                 1,234/s           of 10,000/s        12 %
      secrets per region      22,361 secrets    of 500,000 secrets       4.5 %
      Secrets Manager writes         0.017/s               of 50/s     0.035 %
      RotateSecret                  0.0086/s               of 50/s     0.017 %
      Lambda runs at once          0.03 runs         of 1,000 runs     0.003 %
      EventBridge deliveries         0.035/s           of 18,750/s   0.00018 %
      EventBridge PutEvents          0.017/s           of 10,000/s   0.00017 %
      SNS publishes                 0.0086/s           of 30,000/s  0.000029 %
      SNS subscriptions             0 queues  of 12,500,000 queues         0 %

    Rotations of one account, by what limits them
      Secrets Manager writes      25/s
      RotateSecret                50/s
      Lambda runs at once        286/s
      Vault writes               478/s
      EventBridge deliveries   4,688/s
      EventBridge PutEvents    5,000/s
      SNS publishes           30,000/s

    Cost a month, us-east-1
      Secrets Manager: secrets and replicas   $17,889
      Secrets Manager: reads of services      $32,272
      Secrets Manager: hourly reconciliation     $163
      Secrets Manager: rotations                $1.25
      EventBridge: events                       $0.05
      SNS: publishes                            $0.01
      Lambda: rotations and what follows        $0.56
      together                                $50,326
      not counted: free tiers and discounts, Vault's machines, CloudWatch, data transfer between regions, acknowledgements
                   by instances, the databases and services themselves

    Advice, and the figure that calls for it
      shards    One account carries this. The next account is due at 6.5 times this load, by GetSecretValue; by secrets
                alone at 400,000 [400,000 secrets].
      regions   2 regions carry 16,000/s backend reads (now 2,456/s). Each replica is billed as a secret; rotation runs in
                the primary region only [16,000/s backend reads].
      push      Without push an instance learns of a rotation after 29 s on average, and a replaced credential must work
                for 2 min. Push ends that [120 s of grace].

    Simulated with the client's own cache, seed 7
      reads     2,463/s to the backend, calculated 2,456/s: 0.26 % apart, bound 1.4 %
                200 of 142,448 cached secrets in 20 processes, scaled up; 19,762 reads, 3,409 requests, 16 min 26 s
    "
  `);
});

test("--json has the same figures as the library, for the table and for one size", async () => {
  const table = JSON.parse((await plan("--json")).out) as readonly CapacityPlan[];
  expect(table.map(({ workload }) => workload.users)).toEqual(growthTable.map(({ users }) => users));
  const words = ["--users", "1000000", "--shards", "2", "--regions", "1", "--simulate", "--json"];
  const one = JSON.parse((await plan(...words)).out) as CapacityPlan & { readonly simulation: Simulation };
  const { cost } = planCapacity({ users: 1_000_000, shards: 2, regions: 1 });
  expect([one.cost, one.simulation.push?.requests]).toEqual([cost, one.simulation.push?.processes]);
});

test("--report writes charts with titles and descriptions, in a page that loads nothing and runs nothing", async () => {
  const [html, svg] = [join(folder, "plan.html"), join(folder, "plan.svg")];
  const { out, err } = await plan("--users", "1000000", "--report", html);
  expect(err).toContain(`written: ${html}`);
  const page = readFileSync(html, "utf8");
  expect(page).not.toMatch(/<script|<link|src=|href=|url\(/);
  expect(page).toContain(out.split("\n").find((line) => line.includes("together")));
  expect(page.match(/<desc>/g)).toHaveLength(5);
  await plan("--users", "1000000", "--report", svg);
  const picture = readFileSync(svg, "utf8");
  expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  expect(page).toContain(picture.trim());
});

test("--facts names the source and the date of each number", async () => {
  const { out } = await plan("--facts");
  expect(out).toMatch(/^getSecretValue +10,000\/s +documented +2025-03-04 +GetSecretValue, one for each read \[AWS/m);
});

test("--help shows every option and examples", async () => {
  const { code, out } = await plan("--help");
  expect(code).toBe(0);
  expect(out).toContain("rekey plan --users 50000 --ttl 60 --simulate");
});

test.each([
  [["--secrets", "many"], 1, "option=secrets"],
  [["--regions", "0"], 1, "option=regions"],
  [["--report", "plan.pdf"], 1, ".html or .svg"],
  [["--colour"], 2, "unknown option '--colour'"],
  [["prod/orders"], 2, "too many arguments"],
])("%j is refused", async (words, code, said) => {
  expect(await plan(...words)).toMatchObject({ code, out: "", err: expect.stringContaining(said) });
});
