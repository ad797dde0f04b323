import { useRekey } from "./service.mjs";

process.stdout.write(`${await useRekey()}\n`);
