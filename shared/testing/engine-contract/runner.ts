/** What the suite needs of a test runner; vitest's, jest's and bun's functions fit as they are. */
export interface Runner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>, timeoutMs?: number): void;
  beforeAll(body: () => Promise<void>, timeoutMs?: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
  expect(value: unknown): { toEqual(expected: unknown): void };
}
