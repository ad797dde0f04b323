import { checkLogin, type LoginPort, parseLoginTask } from "../operations/reconciling/check-login.ts";
import { environmentPublisher, environmentStore } from "./aws-clients.ts";
import { environmentCa } from "./environment-ca.ts";
import { environmentOf } from "./environment.ts";
import { reportFailure } from "./logger.ts";
import { writeMetrics } from "./metrics.ts";
import { queueFunction } from "./queue-function.ts";

/**
 * The Lambda handler of a queue of logins to check. Refused logins lock accounts, so a message is never worked on twice: what
 * could not be checked is logged, counted, and checked at the next look at everything.
 */
export function checkLoginFunction(
  engines: readonly LoginPort[],
  variables: Readonly<Record<string, string | undefined>>,
): ReturnType<typeof queueFunction> {
  const environment = environmentOf(variables);
  const store = environmentStore(environment);
  const readCa = environmentCa(environment, "REKEY_TLS_CA", store);
  const checker = {
    store,
    publisher: environmentPublisher(environment),
    engines,
  };
  return queueFunction({ done: "checked", notDone: "not checked" }, async ({ body, attributes }, call) => {
    const secret = parseLoginTask(body);
    if (Number(attributes.ApproximateReceiveCount) > 1) return { facts: { secret, outcome: "tried before" } };
    try {
      const check = await checkLogin({ ...checker, tlsCa: await readCa(call) }, secret, call);
      writeMetrics({ LoginsChecked: 1 });
      if (check.outcome === "refused") writeMetrics({ Findings: 1 }, { Finding: "current-refused" });
      return { facts: { secret, ...check } };
    } catch (error) {
      reportFailure("not checked", error, { secret });
      writeMetrics({ LoginsUnchecked: 1 });
      return { facts: { secret, outcome: "unknown" } };
    }
  });
}
