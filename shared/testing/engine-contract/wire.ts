/**
 * `refuse`: the connection breaks before the message takes effect. `cut`: after it, with its answer lost. `hang`, to the
 * database only: the message and all that follow on its connection are swallowed.
 */
export type WireFault = "refuse" | "cut" | "hang";

/** Who the message goes to: the database, or a service of AWS by its name and operation. */
export type WireMessage = "database" | `${string} ${string}`;

/** Counts every message that leaves the code under test, whatever the protocol, and breaks the one that it is told to. */
export interface Wire {
  /** How the next message must break, or not at all. */
  next(message: WireMessage): WireFault | undefined;
  /** From now on message `at` breaks; when `kills`, so does every later one until `revive`. */
  arm(plan: { readonly at: number; readonly fault: WireFault; readonly kills: boolean }): void;
  /** Counts anew from here, and breaks nothing. */
  disarm(): void;
  revive(): void;
  /** Lets messages pass uncounted while `work` runs. */
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Since it was armed or disarmed. */
  readonly messages: readonly WireMessage[];
  /** The message that broke. */
  readonly struck: WireMessage | undefined;
}

export function createWire(): Wire {
  let messages: WireMessage[] = [];
  let plan: Parameters<Wire["arm"]>[0] | undefined;
  let struck: WireMessage | undefined;
  let dead = false;
  let paused = 0;
  const arm = (next: typeof plan): void => {
    plan = next;
    messages = [];
    struck = undefined;
    dead = false;
  };
  return {
    next(message) {
      if (paused > 0) return undefined;
      if (dead) return "refuse";
      messages.push(message);
      if (messages.length !== plan?.at) return undefined;
      struck = message;
      dead = plan.kills;
      return plan.fault;
    },
    arm,
    disarm: () => arm(undefined),
    revive() {
      dead = false;
    },
    async aside(work) {
      paused++;
      try {
        return await work();
      } finally {
        paused--;
      }
    },
    get messages() {
      return messages;
    },
    get struck() {
      return struck;
    },
  };
}
