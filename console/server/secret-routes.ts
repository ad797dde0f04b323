import { Hono } from "hono";
import { isRekeyError } from "../../shared/errors/rekey-error.ts";
import type { CheckResult } from "../../shared/operations/doctor/check-results.ts";
import type { RotationPlan } from "../../shared/operations/plan/plan-rotation.ts";
import type { RollbackOptions, RollbackPlan } from "../../shared/operations/by-hand/roll-back-secret.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { bodyOf, textIn } from "./body.ts";
import { bounded, streamedEvents } from "./bounded-answers.ts";
import { type LivePorts, liveSecret } from "./live-secret.ts";
import { problemText } from "./problem.ts";
import { defined } from "../../shared/secrets/defined.ts";

/** What needs to know the secret's engine. Errors: those of the operations. */
export interface SecretOperations {
  planRotation(secretId: string, call: CallOptions): Promise<RotationPlan>;
  planRollback(secretId: string, call: CallOptions): Promise<RollbackPlan>;
  rollBack(secretId: string, options: RollbackOptions, call: CallOptions): Promise<RollbackPlan>;
  examine(secretId: string, call: CallOptions): Promise<readonly CheckResult[]>;
}

/**
 * One secret: its live status, and the operations on it. Whatever reads its value or contacts its server is a POST,
 * which takes the page's key. No answer holds a value.
 */
export function secretRoutes(
  ports: LivePorts,
  operations: SecretOperations,
  changed: (secretArn: string) => void,
  end: AbortSignal,
): Hono {
  return new Hono()
    .get("/:secret/live", (context) =>
      streamedEvents(context, end, async (stream, call) => {
        for await (const secret of liveSecret(ports, context.req.param("secret"), call)) {
          if (isRekeyError(secret)) {
            await stream.writeSSE({ event: "trouble", data: JSON.stringify(problemText(secret)) });
            continue;
          }
          changed(secret.details.summary.secretArn);
          await stream.writeSSE({ event: "secret", data: JSON.stringify(secret) });
        }
      }),
    )
    .post("/:secret/rotation-plan", async (context) =>
      context.json(await operations.planRotation(context.req.param("secret"), bounded(context, end))),
    )
    .post("/:secret/findings", async (context) =>
      context.json(await operations.examine(context.req.param("secret"), bounded(context, end))),
    )
    .post("/:secret/rollback-plan", async (context) =>
      context.json(await operations.planRollback(context.req.param("secret"), bounded(context, end))),
    )
    .post("/:secret/rollback", async (context) => {
      const secretId = context.req.param("secret");
      const body = await bodyOf(context);
      // Without a VersionId of a plan it is refused.
      const [expects = "", reason] = [textIn(body, "versionId"), textIn(body, "reason")];
      const options = { expects, ...defined({ reason }) };
      const done = await operations.rollBack(secretId, options, bounded(context, end));
      changed(done.secretArn);
      return context.json(done);
    });
}
