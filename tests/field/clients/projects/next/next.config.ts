import path from "node:path";

// The folder that holds the lock file, which Next.js would look for upwards.
const root = path.resolve(process.env["TOOLCHAINS"] ?? ".");

export default {
  turbopack: { root },
  outputFileTracingRoot: root,
  ...(process.env["OUTSIDE"] === "1" ? { serverExternalPackages: ["rekey"] } : {}),
};
