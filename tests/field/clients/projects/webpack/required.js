const { useRekey } = require("./compiled.cjs");

void useRekey().then((seen) => process.stdout.write(`${seen}\n`));
