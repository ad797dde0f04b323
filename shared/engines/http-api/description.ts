/** What was asked of the API; also the place of its request in a description. */
export type Operation = "token" | "create" | "verify" | "list" | "revoke";

/**
 * One request of a description. `{{account}}` is the grant's, `{{label}}` rekey's mark on a new key, `{{id}}` the key that is to
 * end. In a path each is percent-encoded as part of one segment, in a body it stands as it is.
 */
export interface RequestTemplate {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Any JSON, with placeholders in its texts. */
  readonly json?: object;
  readonly form?: Readonly<Record<string, string>>;
}

/** A JSON pointer (RFC 6901) as the names on its way; none of them: the whole answer. */
export type Pointer = readonly string[];

/** OAuth 2.0's client credentials: the key is the client's secret, and shows itself as the token that it is exchanged for. */
export interface ClientCredentials {
  readonly origin: string;
  readonly path: string;
  /** `{{account}}` or `{{username}}`, or a text with them. */
  readonly clientId: string;
  readonly scope?: string;
  readonly secretIn: "body" | "basic";
}

/** How an API makes, shows, lists and ends its keys, as the function's owner describes it in `REKEY_HTTP_APIS`. */
export interface HttpApi {
  readonly name: string;
  readonly origin: string;
  /** By name in small letters; texts with `{{username}}`, `{{password}}` and `{{account}}`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether id and key are shown by HTTP Basic. */
  readonly basic: boolean;
  readonly oauth?: ClientCredentials;
  readonly create: RequestTemplate & { readonly id: Pointer; readonly key: Pointer };
  /** Absent: a token for the key proves it. */
  readonly verify?: RequestTemplate;
  readonly list: RequestTemplate & {
    readonly items: Pointer;
    readonly id: Pointer;
    readonly label: Pointer;
    /** What an answer has where there are further pages. */
    readonly more?: Pointer;
  };
  readonly revoke: RequestTemplate;
  /** How long a new key may be refused before everyone knows it. */
  readonly settlesMs: number;
}
