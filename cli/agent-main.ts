import { agent } from "./commands/agent/definition.ts";
import { runProgram } from "./run-program.ts";

/** The agent's command alone, for an image that has nothing else. */
await runProgram([agent], ["agent", ...process.argv.slice(2)]);
