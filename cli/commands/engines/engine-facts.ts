/** One strategy of an engine. */
export interface StrategyFacts {
  readonly name: string;
  /**
   * `none`: the replaced credential is refused from the change on. `until-retired`: it logs in until it is retired.
   * `token-lifetime`: what it signed is verified until the last token has ended.
   */
  readonly overlap: "none" | "until-retired" | "token-lifetime";
  readonly endedBy: string;
}

/** One kind of server; `engines.json` holds all of them, made from the engines themselves. */
export interface EngineFacts {
  readonly engine: string;
  readonly function: string;
  /** The values of `engine` in a secret. */
  readonly names: readonly string[];
  /** Whether it never ran on a real server: `testedOn` names what stood in for one. */
  readonly isExperimental: boolean;
  readonly strategies: readonly StrategyFacts[];
  /** The strategy of a secret without the tag `rekey:strategy`. */
  readonly defaultStrategy: string;
  /** Whether a password that rekey sets reaches the server only as a hash; `null` where the server makes the credential. */
  readonly onlyHash: boolean | null;
  readonly oldest: Readonly<Record<string, string>>;
  /** Servers, each with the test that keeps the engine contract on it. */
  readonly testedOn: Readonly<Record<string, string>>;
}
