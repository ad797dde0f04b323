export { type FakeSecretClient, fakeSecretClient } from "./fake-secret-client.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { type MemorySecrets, memorySecrets } from "./memory-secrets.ts";
