const { readFileSync } = require("node:fs");
const { useRekey } = require("./compiled.cjs");

const manifest = JSON.parse(readFileSync(`${process.env.PACKAGE}/package.json`, "utf8"));
// The construct wants the CDK, with which it has tests of its own.
for (const entry of Object.keys(manifest.exports).filter((name) => name !== "./cdk")) {
  if (Object.keys(require(entry.replace(/^\./, "rekey"))).length === 0) throw new Error(`${entry} is empty`);
}
void useRekey().then((seen) => process.stdout.write(`${seen}\n`));
