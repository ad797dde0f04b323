import { defineConfig } from "vite";

/** The server's build, with packages outside the bundle as Vite has it by default, and with rekey and its drivers inside. */
export default defineConfig(({ mode }) => ({
  logLevel: "warn",
  build: { ssr: "./entry-server.ts", outDir: `dist-${mode}`, target: "node20" },
  ssr: mode === "inside" ? { noExternal: ["rekey"] } : {},
}));
