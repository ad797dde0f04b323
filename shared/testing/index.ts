export type { ClientHealth } from "../client/health.ts";
export type { SecretHandle } from "../client/secret-client.ts";
export type { SourceVersion } from "../client/sources/secret-source.ts";
export { type FakeSecretClient, fakeSecretClient } from "./fake-secret-client.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type MemorySecrets, memorySecrets } from "./memory-secrets.ts";
