import type { IncomingHttpHeaders } from "node:http";

/** Who signed a request: the account itself (any unknown access key), or a role with its policies. */
export interface Principal {
  readonly arn: string;
  readonly accountId: string;
  /** `undefined`: the account's administrator, allowed everything that no policy denies. */
  readonly policies?: readonly PolicyDocument[];
  /** Of the user or the role, for `aws:PrincipalTag`. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The service of AWS that calls for the account: `rds`. */
  readonly awsService?: string;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface AwsCall {
  readonly operation: string;
  /** The parsed body: JSON for the JSON protocols and Lambda's REST calls, form fields for the query protocol. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly principal: Principal;
  /** As the answer's header says; absent when another part of the stack calls. */
  readonly requestId?: string;
  readonly http: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
    /** Fires when the client has gone: for answers that wait. */
    readonly signal?: AbortSignal;
  };
}

export interface AwsReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined members are left out. A string is sent as it is (XML, Lambda payloads). */
  readonly body: unknown;
}

export interface RestOperation {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The body is a payload, not part of the input. */
  readonly isRaw?: boolean;
}

/** One emulated service behind the HTTP front. The front authenticates, authorises, injects faults and logs; then it calls. */
export interface AwsService {
  /** The name in the SigV4 credential scope and the IAM action prefix: `secretsmanager`, `events`, `sqs`, `sns`, `lambda`. */
  readonly name: string;
  /** `X-Amz-Target` prefixes served, for the JSON protocols: `secretsmanager`, `AWSEvents`, `AmazonSQS`. */
  readonly targets?: readonly string[];
  /** The XML namespace of the answers, for the query protocol. */
  readonly xmlNamespace?: string;
  /** Which operation a path means, for REST protocols; `input` holds the path's and the query's parameters. */
  route?(method: string, path: string, query: URLSearchParams): RestOperation | undefined;
  /** Its errors are XML, though its calls are REST. */
  readonly failsInXml?: boolean;
  /** The IAM action, without the service's prefix, of an operation whose action has another name. */
  action?(operation: string): string;
  /** The ARNs that the call touches, for IAM. An empty list means `*`. */
  resources(call: AwsCall): readonly string[];
  /** The resource's own policy, where it has one. */
  resourcePolicy?(resourceArn: string): PolicyDocument | undefined;
  /** Condition keys of this call beyond the global ones, such as `secretsmanager:VersionStage`. */
  conditionKeys?(call: AwsCall): Readonly<Record<string, string>>;
  /** Throws `AwsError` for an error answer. */
  handle(call: AwsCall): Promise<AwsReply>;
}

/** An error answer with AWS's own type and message. `queryCode` is its older name, where SDKs still expect that (SQS). */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;
  readonly queryCode: string | undefined;

  constructor(type: string, message: string, status = 400, queryCode?: string) {
    super(message);
    this.type = type;
    this.status = status;
    this.queryCode = queryCode;
  }
}

/** Calls a deployed function and waits: how Secrets Manager, event source mappings and async invokes reach the local Lambda. */
export interface FunctionInvoker {
  /** Whether the function exists and its resource policy lets `principal` (such as `secretsmanager.amazonaws.com`) invoke it. */
  mayInvoke(functionArn: string, principal: string, sourceArn: string, sourceAccount: string): boolean;
  invoke(functionArn: string, event: unknown): Promise<FunctionOutcome>;
}

export type FunctionOutcome =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

/** An event on its way to a bus, as services and PutEvents emit it. */
export interface BusEvent {
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly resources: readonly string[];
}
