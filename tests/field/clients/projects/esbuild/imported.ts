import { useRekey } from "./service";

void useRekey().then((seen) => process.stdout.write(`${seen}\n`));
