import type {
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse,
} from "@aws-sdk/client-secrets-manager";
import type { ReadingApi } from "../secrets-manager/version-reads.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { endpointOf, type EndpointOptions } from "./endpoint.ts";
import { signedCaller } from "./signed-caller.ts";
import type { Variables } from "./key-provider.ts";

export interface BatchReadingApi extends ReadingApi {
  batchGetSecretValue(
    input: BatchGetSecretValueRequest,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<BatchGetSecretValueResponse>;
}

/** With what finds secrets by their tags. */
export interface SearchingApi extends BatchReadingApi {
  listSecrets(
    input: Pick<ListSecretsRequest, "Filters" | "MaxResults" | "NextToken">,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<Pick<ListSecretsResponse, "SecretList" | "NextToken">>;
}

export interface SignedApiOptions extends EndpointOptions {
  /** Default: the process's own. */
  readonly credentials?: Credentials | undefined;
  readonly maxAttempts?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
}

type Members = Readonly<Record<string, unknown>>;

/** Times go over the wire as seconds, binary values as base64. */
const readable = (members: Members): Members => {
  const { CreatedDate, DeletedDate, SecretBinary, SecretValues, ...others } = members;
  return {
    ...others,
    ...(typeof CreatedDate === "number" && { CreatedDate: new Date(CreatedDate * 1_000) }),
    ...(typeof DeletedDate === "number" && { DeletedDate: new Date(DeletedDate * 1_000) }),
    ...(typeof SecretBinary === "string" && { SecretBinary: new Uint8Array(Buffer.from(SecretBinary, "base64")) }),
    ...(Array.isArray(SecretValues) && { SecretValues: SecretValues.map((value: Members) => readable(value)) }),
  };
};

/** Secrets Manager's reading operations over signed requests. Errors: `option-invalid`; those of requests as the SDK has them. */
export function signedSecretsManager(options: SignedApiOptions, variables: Variables): SearchingApi {
  const { maxAttempts = 3, requestTimeoutMs = 5_000, credentials = credentialsOf(variables) } = options;
  const service = "secretsmanager";
  const call = signedCaller({
    service,
    target: service,
    endpoint: endpointOf(service, options, variables),
    credentials,
    maxAttempts,
    requestTimeoutMs,
  });
  const operation =
    <Answer>(name: string) =>
    async (input: object, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<Answer> =>
      readable(await call(name, input, abortSignal)) as Answer;
  return {
    getSecretValue: operation("GetSecretValue"),
    describeSecret: operation("DescribeSecret"),
    batchGetSecretValue: operation("BatchGetSecretValue"),
    listSecrets: operation("ListSecrets"),
  };
}
