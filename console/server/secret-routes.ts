import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { isRekeyError, RekeyError } from "../../shared/errors/rekey-error.ts";
import type { Finding } from "../../shared/operations/doctor/findings.ts";
import type { RotationPlan } from "../../shared/operations/plan/plan-rotation.ts";
import type { RollbackPlan } from "../../shared/operations/roll-back-secret.ts";
import type { CallOptions } from "../../shared/rotation/ports.ts";
import { bodyOf, textIn } from "./body.ts";
import { bounded, type ConsoleEnd } from "./console-end.ts";
import { type LivePorts, liveSecret } from "./live-secret.ts";
import { problemText } from "./problem.ts";

/** What needs to know the secret's engine. Errors: those of the operations. */
export interface SecretOperations {
  planRotation(secretId: string, call: CallOptions): Promise<RotationPlan>;
  planRollback(secretId: string, call: CallOptions): Promise<RollbackPlan>;
  rollBack(secretId: string, options: { readonly reason?: string }, call: CallOptions): Promise<RollbackPlan>;
  examine(secretId: string, call: CallOptions): Promise<readonly Finding[]>;
}

const commentEveryMs = 15_000;

/** One secret: how it stands, live, and what may be done to it. No answer holds a value. */
export function secretRoutes(
  ports: LivePorts,
  operations: SecretOperations,
  changed: (secretArn: string) => void,
  end: ConsoleEnd,
): Hono {
  return new Hono()
    .get("/:secret/live", (context) =>
      streamSSE(context, async (stream) => {
        const signal = end.of(stream);
        const comment = setInterval(() => void stream.write(": still here\n\n"), commentEveryMs);
        try {
          for await (const secret of liveSecret(ports, context.req.param("secret"), { signal })) {
            if (isRekeyError(secret)) {
              await stream.writeSSE({ event: "trouble", data: JSON.stringify(problemText(secret)) });
              continue;
            }
            changed(secret.details.summary.secretArn);
            await stream.writeSSE({ event: "secret", data: JSON.stringify(secret) });
          }
        } catch (error) {
          await stream.writeSSE({ event: "problem", data: JSON.stringify(problemText(error)) });
        } finally {
          clearInterval(comment);
        }
      }),
    )
    .get("/:secret/rotation-plan", async (context) =>
      context.json(await operations.planRotation(context.req.param("secret"), bounded(context, end))),
    )
    .get("/:secret/findings", async (context) =>
      context.json(await operations.examine(context.req.param("secret"), bounded(context, end))),
    )
    .get("/:secret/rollback-plan", async (context) =>
      context.json(await operations.planRollback(context.req.param("secret"), bounded(context, end))),
    )
    .post("/:secret/rollback", async (context) => {
      const secretId = context.req.param("secret");
      const body = await bodyOf(context);
      const [versionId, reason] = [textIn(body, "versionId"), textIn(body, "reason")];
      const call = bounded(context, end);
      const plan = await operations.planRollback(secretId, call);
      if (plan.versionId !== versionId) {
        const problem = "the secret has changed since the plan was shown";
        throw new RekeyError("rollback-refused", {
          context: { secret: plan.secretArn, problem },
          hint: "look at the new plan",
        });
      }
      const done = await operations.rollBack(secretId, reason === undefined ? {} : { reason }, call);
      changed(done.secretArn);
      return context.json(done);
    });
}
