import { agentCommand, agentUsage } from "./agent.ts";
import { exitWith } from "./exit-code.ts";

await exitWith(async () => agentCommand(process.argv.slice(2)), agentUsage);
