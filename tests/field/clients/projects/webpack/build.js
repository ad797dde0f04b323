const webpack = require("webpack");

webpack(require("./webpack.config.js"), (error, stats) => {
  if (error !== null) throw error;
  process.stdout.write(stats.toString({ preset: "errors-warnings", colors: false }));
  process.exitCode = stats.hasErrors() || stats.hasWarnings() ? 1 : 0;
});
