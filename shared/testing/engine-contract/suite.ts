import type { Expectation } from "./expectation.ts";
import { type Clause, type EngineFixture, type Variant, variantName } from "./fixture.ts";
import type { Stage } from "./stage.ts";

/** Picks at most so many cases, for a quick run: one test of each clause, a few points of a sweep. */
export type Sampling = <Case>(cases: readonly Case[], most: number) => readonly Case[];

export const everyCase: Sampling = (cases) => cases;

/** What the suite needs of a test runner; vitest's, jest's and bun's functions fit as they are. */
export interface Runner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>, timeoutMs?: number): void;
  beforeAll(body: () => Promise<void>, timeoutMs?: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
  /** Default: every case. */
  readonly sampled?: Sampling;
}

/** What the suite prints of one variant. */
export interface Tally {
  messages: number;
  faultPoints: number;
  converged: number;
  givenUp: number;
  healed: number;
  lockOuts: number;
  clearTextFindings: number;
  failedLogins: number;
  /** Properties of accounts that were kept. */
  properties: number;
}

/** What a clause is given to register its tests with. */
export interface Suite {
  readonly fixture: EngineFixture;
  readonly variant: Variant;
  expect(value: unknown): Expectation;
  /** Of the cases within one test those that this run tries. */
  readonly sampled: Sampling;
  readonly tally: Tally;
  /** The stage that the variant's tests share, one after the other. */
  stage(): Stage;
  /** Registers a test, unless the engine is exempt from its clause. */
  test(clause: Clause, sentence: string, body: () => Promise<void>, timeoutMs?: number): void;
}

export const emptyTally = (): Tally => ({
  messages: 0,
  faultPoints: 0,
  converged: 0,
  givenUp: 0,
  healed: 0,
  lockOuts: 0,
  clearTextFindings: 0,
  failedLogins: 0,
  properties: 0,
});

export function isExempt({ exemptions = [] }: EngineFixture, { strategy }: Variant, clause: Clause): boolean {
  return exemptions.some((one) => one.clause === clause && (one.strategy === undefined || one.strategy === strategy));
}

/** One line on what was tried, and one for each exemption. */
export function summary(fixture: EngineFixture, variant: Variant, tally: Tally): string {
  const exemptions = (fixture.exemptions ?? []).filter(({ clause }) => isExempt(fixture, variant, clause));
  return [
    `${fixture.name}, ${variantName(variant)}: ${tally.messages} messages in a rotation; ` +
      `fault points tried ${tally.faultPoints}, converged ${tally.converged}; ` +
      `given up ${tally.givenUp}, healed ${tally.healed}; lock-outs ${tally.lockOuts}, ` +
      `clear-text findings ${tally.clearTextFindings}, failed logins ${tally.failedLogins}; properties kept ${tally.properties}`,
    ...exemptions.map(({ clause, reason }) => `  exempt from ${clause}: ${reason}`),
    "",
  ].join("\n");
}
