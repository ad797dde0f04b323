import { useRekey } from "./service";

process.stdout.write(`${await useRekey()}\n`);
