const { readFileSync } = require("node:fs");
const { useRekey } = require("./compiled.cjs");

const manifest = JSON.parse(readFileSync(`${process.env.PACKAGE}/package.json`, "utf8"));
for (const entry of Object.keys(manifest.exports)) {
  if (Object.keys(require(entry.replace(/^\./, "rekey"))).length === 0) throw new Error(`${entry} is empty`);
}
void useRekey().then((seen) => process.stdout.write(`${seen}\n`));
