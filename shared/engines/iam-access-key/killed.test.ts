import { expect, test } from "vitest";
import { type IamRotation, iamRotation } from "../../../tests/support/iam-rotation.ts";
import { RekeyError } from "../../errors/rekey-error.ts";

/** Breaks the n-th call from now on, to whatever port, and keeps on until it is told otherwise. */
interface Killer {
  at: number;
  seen: number;
  struck: string | undefined;
}

type Fault = "before" | "after";

function stage(fault: Fault): { readonly here: IamRotation; readonly killer: Killer } {
  const killer: Killer = { at: 0, seen: 0, struck: undefined };
  const here = iamRotation({
    tags: { "rekey:grace": "0m" },
    gate: async (operation, work) => {
      killer.seen += 1;
      const strikes = killer.seen === killer.at;
      if (strikes) killer.struck = operation;
      if (strikes && fault === "before") throw new RekeyError("connection-lost");
      const result = await work();
      if (strikes) throw new RekeyError("connection-lost");
      return result;
    },
  });
  here.iam.give("somebody");
  return { here, killer };
}

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

/** Two rotations with the retirement between them, each step again until it succeeds; what can sign is looked at after each try. */
async function live({ rotation, works, pass }: IamRotation): Promise<readonly string[]> {
  const lockOuts: string[] = [];
  const attempt = async (step: Parameters<typeof rotation.run>[0], version: string): Promise<void> => {
    for (let tries = 0; tries < 3; tries++) {
      const failed = await rotation.run(step, version).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!works("AWSCURRENT")) lockOuts.push(`${version} ${step}`);
      if (failed === undefined) return;
      if (!(failed instanceof RekeyError)) throw new Error("no RekeyError", { cause: failed });
    }
    throw new Error(`${version} ${step} does not converge`);
  };
  for (const version of ["v1", "v2", "v3"]) {
    rotation.store.beginRotation(version);
    for (const step of steps) await attempt(step, version);
    pass(5);
    if (version === "v1") await attempt("retirePrevious", version);
  }
  return lockOuts;
}

test.each<Fault>(["before", "after"])(
  "killed at any call of any step, %s it took effect, three rotations and a retirement converge, without a moment in which AWSCURRENT does not sign",
  async (fault) => {
    const healthy = stage(fault);
    await live(healthy.here);
    const calls = healthy.killer.seen;
    expect(calls).toBeGreaterThan(60);
    for (let at = 1; at <= calls; at++) {
      const { here, killer } = stage(fault);
      killer.at = at;
      const lockOuts = await live(here);
      const { ids, idOf, works } = here;
      expect({ at, struck: killer.struck, lockOuts, ids: ids(), signs: works("AWSCURRENT") }).toEqual({
        at,
        struck: expect.any(String),
        lockOuts: [],
        ids: [idOf("AWSPREVIOUS"), idOf("AWSCURRENT")],
        signs: true,
      });
      expect(ids("somebody")).toHaveLength(1);
    }
  },
);
