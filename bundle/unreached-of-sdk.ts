import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

/** By file of the SDK's core: what a function has in its place. */
const instead: Readonly<Record<string, string>> = {
  // A function has no AWS configuration file: what its environment does not say is the SDK's default.
  fromSharedConfigFiles: `export const fromSharedConfigFiles = () => async () => {
    throw Object.assign(new Error("a function reads no AWS configuration file"), { tryNextLink: true });
  };`,
  // Lambda always sets AWS_REGION, and has no metadata service.
  getInstanceMetadataRegion: "export const getInstanceMetadataRegion = async () => undefined;",
  // Buckets are Amazon S3's alone.
  "service-customizations": "export const resolveParamsForS3 = undefined;",
  // Signatures that hold in several regions are for endpoints in several, which EventBridge alone has and rekey does not use.
  AwsSdkSigV4ASigner: "export class AwsSdkSigV4ASigner {}",
  // Nobody gives a client a logger, so no call is logged, and nothing is hidden from the log.
  loggerMiddleware: `export const loggerMiddleware = undefined, loggerMiddlewareOptions = undefined;
    export const getLoggerPlugin = () => ({ applyToStack() {} });`,
  schemaLogFilter: "export const schemaLogFilter = () => undefined;",
  // The shorter of the SDK's two JSON codecs: the other one writes large requests faster.
  JsonCodec2: 'export { JsonCodec as JsonCodec2 } from "@smithy/core/protocols";',
};

/** No operation in use puts words before the host's name, so the calls that are not REST ask for no HTTP bindings. */
const withoutHostPrefix =
  "export const getHttpOperationBindings = () => []; export const HttpBindingNormalizedSchema = {};";

/** Parts of the SDK that a function never reaches, on Lambda and with the services that rekey calls. */
export const unreachedOfSdk: Plugin = {
  name: "unreached-of-sdk",
  setup({ onResolve, onLoad }) {
    const namespace = "unreached-of-sdk";
    const filter =
      /^\.\.?\/.*(?:fromSharedConfigFiles|getInstanceMetadataRegion|service-customizations|JsonCodec2|AwsSdkSigV4ASigner|loggerMiddleware|schemaLogFilter)$/;
    onResolve({ filter }, ({ path, importer, resolveDir }) =>
      /\/@(?:smithy|aws-sdk)\/core\//.test(importer)
        ? { path: basename(path), namespace, pluginData: resolveDir }
        : undefined,
    );
    onResolve({ filter: /^\.\/date-utils$/ }, ({ importer }) =>
      importer.includes("/@smithy/core/") ? { path: fileURLToPath(new URL("dates.ts", import.meta.url)) } : undefined,
    );
    onResolve({ filter: /^\.\/HttpBindingNormalizedSchema$/ }, ({ path, importer }) =>
      importer.endsWith("/HttpProtocol.js") ? { path: basename(path), namespace } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, ({ path, pluginData }) => ({
      contents: instead[path] ?? withoutHostPrefix,
      resolveDir: pluginData as string,
    }));
  },
};

type ErrorClass = new (options: object) => {
  readonly name: string;
  readonly $fault: string;
  readonly $retryable?: object;
};

/** A client's classes of errors differ in three values each, and are written out one by one: here one function makes them. */
export const errorsByTable: Plugin = {
  name: "errors-by-table",
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[/\\]client-[a-z-]+[/\\]dist-es[/\\]models[/\\]errors\.js$/ }, async ({ path }) => {
      const [, client = ""] = /(@aws-sdk[/\\]client-[a-z-]+)/.exec(path) ?? [];
      const exported = Object.entries((await import(client)) as Record<string, unknown>);
      const [base = "", Base] = exported.find(([name]) => /^(?!__).*ServiceException$/.test(name)) ?? [];
      const isError = (value: unknown): value is ErrorClass =>
        typeof value === "function" && value.prototype instanceof (Base as ErrorClass);
      const classes = exported.flatMap(([key, value]) => {
        if (!isError(value)) return [];
        const { name, $fault, $retryable } = new value({});
        return [`export const ${key} = error(${JSON.stringify({ name, $fault, $retryable })});`];
      });
      return {
        contents: `
          import { ${base} as Base } from "./${base}";
          const error = (kind) => class extends Base {
            constructor(options) {
              Object.setPrototypeOf(Object.assign(super({ ...kind, ...options }), kind), new.target.prototype);
            }
          };
          ${classes.join("\n")}`,
        resolveDir: dirname(path),
      };
    });
  },
};
