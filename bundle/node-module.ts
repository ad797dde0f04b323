/** CommonJS packages call `require`, which an ES module does not have. */
export const requireForCommonJs =
  'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);';

/** esbuild's options for an ES module that Node.js runs with all that it needs within. */
export const nodeModule = {
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
  target: "node22",
  banner: { js: requireForCommonJs },
} as const;
