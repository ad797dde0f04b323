/** Both kinds of output, from a source that imports and from one that requires, with everything in the bundle. */
const configuration = (name, entry, output) => ({
  name,
  entry,
  target: "node20",
  mode: "production",
  optimization: { minimize: false },
  output: { path: __dirname, ...output },
  // pg asks for its native twin only when a service does.
  externals: { "pg-native": "commonjs pg-native" },
  performance: false,
});

module.exports = [
  configuration("commonjs", "./required.js", { filename: "bundled.cjs", library: { type: "commonjs2" } }),
  {
    ...configuration("module", "./imported.mjs", {
      filename: "bundled.mjs",
      module: true,
      library: { type: "module" },
    }),
    experiments: { outputModule: true },
  },
];
