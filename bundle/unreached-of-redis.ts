import type { Plugin } from "esbuild";

/**
 * Parts of the Redis driver that the agent never reaches, which are three quarters of it: a method and its metadata
 * for each command (it only listens), clusters, sentinels, pools, the client-side cache and telemetry. The driver touches
 * some of them while it loads and connects, so what stands in their place takes any use.
 */
export const unreachedOfRedis: Plugin = {
  name: "unreached-of-redis",
  setup({ onResolve, onLoad }) {
    const filter = /\/(?:cache|cluster|command-metadata|commands|legacy-mode|opentelemetry|pool|sentinel)$/;
    onResolve({ filter }, ({ path, importer }) =>
      importer.includes("/@redis/client/") ? { path, namespace: "unreached-of-redis" } : null,
    );
    onLoad({ filter: /.*/, namespace: "unreached-of-redis" }, () => ({
      contents: `
        const nothing = new Proxy(class {}, {
          get: (target, name) => (name === "prototype" || typeof name === "symbol" ? target[name] : nothing),
          apply: () => nothing,
        });
        module.exports = nothing;`,
      loader: "js",
    }));
  },
};
