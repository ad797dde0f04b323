import { once } from "node:events";
import { startFilledAccount } from "./filled-account.ts";

/** The account in a process of its own, so that what it takes is not taken for the console's. Ends when the bench does. */
const account = await startFilledAccount(Number(process.argv[2]));
process.on("message", (wish) => {
  const work = wish === "touch" ? account.touch() : Promise.resolve();
  void work.then(() => process.send?.(account.lists()));
});
process.send?.({ endpoint: account.endpoint, vaultAddress: account.vaultAddress });
await once(process, "disconnect");
await account.stop();
