import type { Plugin } from "esbuild";

/**
 * Codes that only the client or an operator's command raises, which no function has: their texts are 5 KB. A function that
 * reaches what raises them is not built.
 */
export const unreachedOfRekey: Plugin = {
  name: "unreached-of-rekey",
  setup({ onLoad }) {
    onLoad({ filter: /\/shared\/errors\/codes\/(?:client|operators)\.ts$/ }, () => ({
      contents: "export const clientCodes = {}, operatorCodes = {};",
    }));
    onLoad(
      {
        filter:
          /\/shared\/(?:vault\/read-refusal|account\/aws-failure|records\/translate-error|operations\/(?:rotated-elsewhere|roll-back-secret|campaign\/await-rotation)|client\/.+)\.ts$/,
      },
      ({ path }) => ({
        errors: [{ text: `${path} raises codes that functions are built without (bundle/unreached-of-rekey.ts)` }],
      }),
    );
  },
};
