import { defineConfig } from "vitest/config";

const inline = process.env.INLINE === "1" ? { server: { deps: { inline: ["rekey"] } } } : {};

export default defineConfig({ test: { include: ["*.spec.ts"], ...inline } });
