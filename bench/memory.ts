import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 3;
/** Without compilers, whose code would be counted. */
const flags = ["--expose-gc", "--no-opt", "--no-maglev", "--no-sparkplug"];

async function bytesEach(keeper: string): Promise<number> {
  const script = fileURLToPath(new URL("memory-child.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, keeper]);
  return Number(stdout);
}

/**
 * Bytes that each of 10,000 warm secrets takes beside its text, in fresh processes, the key among them; and what is left of
 * them beside what a read gives, which is the VersionId and the unprintable value.
 */
export async function benchMemory(): Promise<readonly Figure[]> {
  const keepers = ["rekey", "rekey, read again", "rekey, rotated", "versions", "powertools", "map"] as const;
  const bytes = new Map(keepers.map((keeper) => [keeper, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const keeper of keepers) bytes.get(keeper)?.push(await bytesEach(keeper));
  const each = (keeper: (typeof keepers)[number]): number => median(bytes.get(keeper) ?? []);
  const peers = { "powertools parameters": each("powertools"), "Map of texts": each("map") };
  const beside = (keeper: "rekey" | "rekey, read again"): number => each(keeper) - each("versions");
  return [
    ...figuresOf("memory", "10,000 secrets, each next to its text", "bytes", each("rekey"), {
      ...peers,
      "the aim": 150,
    }),
    ...figuresOf("memory", "the same, each rotated since its first read", "bytes", each("rekey, rotated"), {
      ...peers,
      "the aim": 150,
    }),
    ...figuresOf("memory", "each beside what a read gives", "bytes", beside("rekey"), { "the aim": 250 }),
    ...figuresOf("memory", "the same once it was read again", "bytes", beside("rekey, read again"), { "the aim": 250 }),
  ];
}
