const { useRekey } = require("./service.cjs");

void useRekey().then((seen) => process.stdout.write(`${seen}\n`));
