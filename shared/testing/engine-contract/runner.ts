/** What the suite needs of a test runner; vitest's, jest's and bun's functions fit as they are. */
export interface Runner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>, timeoutMs?: number): void;
  beforeAll(body: () => Promise<void>, timeoutMs?: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
  expect(value: unknown): { toEqual(expected: unknown): void };
  /** Picks at most so many cases, for a quick run: one test of each clause, a few points of a sweep. Default: every case. */
  sampled?<Case>(cases: readonly Case[], most: number): readonly Case[];
}
