import type { Plugin } from "esbuild";

/**
 * Codes that only the client raises, which no function has: their texts are 4 KB. A function that reaches what raises them
 * is not built.
 */
export const unreachedOfRekey: Plugin = {
  name: "unreached-of-rekey",
  setup({ onLoad }) {
    onLoad({ filter: /\/shared\/errors\/codes\/client\.ts$/ }, () => ({
      contents: "export const clientCodes = {};",
    }));
    onLoad({ filter: /\/shared\/(?:vault\/read-refusal|client\/.+)\.ts$/ }, ({ path }) => ({
      errors: [{ text: `${path} raises codes that functions are built without (bundle/unreached-of-rekey.ts)` }],
    }));
  },
};
