/** What the container tells the worker: one invocation. */
export interface InvocationMessage {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** As the AWS SDK sends it along. */
  readonly traceHeader: string;
  /** Real time, since the Unix epoch. */
  readonly deadlineMs: number;
}

/** An error as Lambda's Node runtime answers it. */
export interface ErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What the worker tells the container. `payload` is JSON. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "init-failed"; readonly error: ErrorPayload }
  | { readonly kind: "done"; readonly payload: string }
  | { readonly kind: "failed"; readonly error: ErrorPayload };
