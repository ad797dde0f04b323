import type { CommandDefinition } from "./command.ts";
import { adopt } from "./definitions/adopt.ts";
import { agent } from "./definitions/agent.ts";
import { completion } from "./definitions/completion.ts";
import { consoleDefinition } from "./definitions/console.ts";
import { detach } from "./definitions/detach.ts";
import { doctor } from "./definitions/doctor.ts";
import { history } from "./definitions/history.ts";
import { invoke } from "./definitions/invoke.ts";
import { lintPolicy } from "./definitions/lint-policy.ts";
import { local } from "./definitions/local.ts";
import { mirror } from "./definitions/mirror.ts";
import { migrateMirror } from "./definitions/migrate-mirror.ts";
import { plan } from "./definitions/plan.ts";
import { planRotation } from "./definitions/plan-rotation.ts";
import { redrive } from "./definitions/redrive.ts";
import { rollback } from "./definitions/rollback.ts";
import { rotate } from "./definitions/rotate.ts";
import { smokeTest } from "./definitions/smoke-test.ts";
import { status } from "./definitions/status.ts";
import { vaultPolicy } from "./definitions/vault-policy.ts";

/** Every command, as help shows them. A new one is a definition, whose `load` imports what it does when it is run. */
export const commands: readonly CommandDefinition[] = [
  status,
  history,
  rotate,
  rollback,
  adopt,
  detach,
  mirror,
  migrateMirror,
  doctor,
  planRotation,
  plan,
  redrive,
  lintPolicy,
  vaultPolicy,
  invoke,
  consoleDefinition,
  smokeTest,
  local,
  agent,
  completion,
];
