import type { CommandDefinition } from "./command.ts";
import { adopt } from "./commands/adopt/definition.ts";
import { agent } from "./commands/agent/definition.ts";
import { bundleEngine } from "./commands/bundle-engine/definition.ts";
import { certifyEngine } from "./commands/certify-engine/definition.ts";
import { completion } from "./commands/completion/definition.ts";
import { consoleDefinition } from "./commands/console/definition.ts";
import { detach } from "./commands/detach/definition.ts";
import { doctor } from "./commands/doctor/definition.ts";
import { engines } from "./commands/engines/definition.ts";
import { exec } from "./commands/exec/definition.ts";
import { history } from "./commands/history/definition.ts";
import { invoke } from "./commands/invoke/definition.ts";
import { kubernetesManifests } from "./commands/kubernetes-manifests/definition.ts";
import { lintPolicy } from "./commands/lint-policy/definition.ts";
import { local } from "./commands/local/definition.ts";
import { mirror } from "./commands/mirror/definition.ts";
import { migrateMirror } from "./commands/migrate-mirror/definition.ts";
import { plan } from "./commands/plan/definition.ts";
import { planRotation } from "./commands/plan-rotation/definition.ts";
import { redrive } from "./commands/redrive/definition.ts";
import { rollback } from "./commands/rollback/definition.ts";
import { rotate } from "./commands/rotate/definition.ts";
import { smokeTest } from "./commands/smoke-test/definition.ts";
import { status } from "./commands/status/definition.ts";
import { usage } from "./commands/usage/definition.ts";
import { vaultPolicy } from "./commands/vault-policy/definition.ts";

/** Every command, as help shows them. A new one is a definition, whose `load` imports what it does when it is run. */
export const commands: readonly CommandDefinition[] = [
  status,
  history,
  usage,
  rotate,
  rollback,
  adopt,
  detach,
  mirror,
  migrateMirror,
  doctor,
  engines,
  planRotation,
  plan,
  redrive,
  lintPolicy,
  vaultPolicy,
  kubernetesManifests,
  invoke,
  consoleDefinition,
  smokeTest,
  bundleEngine,
  certifyEngine,
  local,
  agent,
  exec,
  completion,
];
