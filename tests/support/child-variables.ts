/** The environment of a Node process that a test starts and that is to know nothing of the test's own. */
export const childVariables = {
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
};
