/**
 * Changes source in small ways, one at a time, and fails when the tests notice too few of the changes:
 *
 *     mutation.ts [--concurrency N] [FOLDER|FILE ...]   the default is the core of the rotation
 *
 * The judges are the deterministic tests of the rooms that the folders and files belong to.
 */
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const core = ["shared/rotation", "shared/errors"];
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: "string", default: "2" } },
});
const targets = (positionals.length > 0 ? positionals : core).map((target) => target.replace(/\/$/, ""));
const rooms = new Set(targets.map((target) => target.split("/").slice(0, 2).join("/")));
const least = [...rooms].every((room) => core.includes(room)) ? 100 : 90;

process.env["REKEY_MUTATION_ROOMS"] = [...rooms].join(",");
await new Stryker({
  concurrency: Number(values.concurrency),
  mutate: [
    ...targets.map((target) => (target.includes(".ts") ? target : `${target}/**/*.ts`)),
    "!**/*.test.ts",
    "!shared/errors/codes.ts",
    "!shared/errors/codes/*.ts",
    "!shared/rotation/ports.ts",
  ],
  thresholds: { high: 100, low: least, break: least },
}).runMutationTest();
