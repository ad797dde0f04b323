import type { CallOptions } from "../ports/call.ts";
import type { RotationRequest } from "../ports/rotation.ts";
import type { RotationDependencies } from "./dependencies.ts";
import type { RotationProgress } from "./rotation-memory.ts";

/** One invocation of a rotation function: what it works with, what it is asked, and how far the rotation is known to be. */
export interface Invocation extends RotationDependencies {
  readonly request: RotationRequest;
  readonly call: CallOptions;
  readonly progress: RotationProgress;
}

/** The deadlines of one invocation: `work` ends first, so that time is left to publish a failure. */
export interface InvocationCalls {
  readonly work: CallOptions;
  readonly tell: CallOptions;
}
