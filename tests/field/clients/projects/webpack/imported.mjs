import { useRekey } from "./compiled.mjs";

process.stdout.write(`${await useRekey()}\n`);
