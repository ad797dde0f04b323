import { useRekey } from "./service";

test("a service that uses rekey", async () => {
  process.stdout.write(`${await useRekey()}\n`);
});
