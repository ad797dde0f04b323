import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type Type,
} from "@nestjs/common";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretClientOptions } from "../client-options.ts";
import type { InvalidationSource } from "../invalidation/invalidation-source.ts";
import { createSecretClient, type SecretClient, type SecretHandle } from "../secret-client.ts";
import { secretClientToken, secretToken } from "./tokens.ts";

export { secretClientToken } from "./tokens.ts";

/** What the module makes its client of. */
export interface RekeyModuleOptions extends SecretClientOptions {
  /** Where the client hears of rotations, for as long as the application lives. */
  readonly invalidation?: InvalidationSource;
}

/** A class that `useClass` or `useExisting` names. */
export interface RekeyOptionsFactory {
  createRekeyOptions(): RekeyModuleOptions | Promise<RekeyModuleOptions>;
}

export interface ClientPlacing {
  /** Of a further client next to the first. Default: `default`. */
  readonly name?: string;
  /** Whether every module may inject the client, or only those that import this one. Default: `true`. */
  readonly isGlobal?: boolean;
}

/** One of `useFactory`, `useClass` and `useExisting`. */
export interface RekeyModuleAsyncOptions extends ClientPlacing, Pick<ModuleMetadata, "imports"> {
  /** What `useFactory` is called with. */
  readonly inject?: NonNullable<FactoryProvider["inject"]>;
  readonly useFactory?: FactoryProvider<RekeyModuleOptions>["useFactory"];
  readonly useClass?: Type<RekeyOptionsFactory>;
  readonly useExisting?: Type<RekeyOptionsFactory>;
}

const optionsToken = (name = "default"): string => `RekeyOptions:${name}`;
const endToken = (name = "default"): string => `RekeyEnd:${name}`;

function connected({ invalidation, ...options }: RekeyModuleOptions): SecretClient {
  const client = createSecretClient(options);
  if (invalidation !== undefined) client.subscribe(invalidation);
  return client;
}

/** The client, and what ends it with the application: Nest calls the hook of whatever a provider returns. */
const clientProviders = (name: string | undefined): FactoryProvider[] => [
  { provide: secretClientToken(name), inject: [optionsToken(name)], useFactory: connected },
  {
    provide: endToken(name),
    inject: [secretClientToken(name)],
    useFactory: (client: SecretClient) => ({ onApplicationShutdown: async () => client.close() }),
  },
];

function asyncOptions({
  name,
  inject = [],
  useFactory,
  useClass,
  useExisting,
}: RekeyModuleAsyncOptions): FactoryProvider {
  if (useFactory !== undefined) return { provide: optionsToken(name), inject, useFactory };
  const factory = useClass ?? useExisting;
  if (factory === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: "useFactory", problem: "missing" },
      hint: "give forRootAsync one of useFactory, useClass and useExisting",
    });
  }
  return {
    provide: optionsToken(name),
    inject: [factory],
    useFactory: async (made: RekeyOptionsFactory) => made.createRekeyOptions(),
  };
}

/**
 * A client of secrets for a Nest application, closed when the application shuts down. `InjectSecretClient()` injects it,
 * `InjectSecret(id)` one secret of `forFeature`. Errors, when the application starts: `option-invalid`, those of the factory.
 *
 * @example
 * ```ts
 * import { Module } from "@nestjs/common";
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { RekeyModule } from "rekey/client/nestjs";
 * import { secretsManagerSource } from "rekey/client/secrets-manager";
 *
 * export const secrets = RekeyModule.forRootAsync({
 *   useFactory: () => ({ source: secretsManagerSource(new SecretsManagerClient()) }),
 * });
 * export class AppModule {}
 * Module({ imports: [secrets] })(AppModule);
 * ```
 */
export class RekeyModule {
  static forRoot({ name, isGlobal = true, ...options }: RekeyModuleOptions & ClientPlacing): DynamicModule {
    return RekeyModule.forRootAsync({
      ...(name === undefined ? {} : { name }),
      isGlobal,
      useFactory: () => options,
    });
  }

  static forRootAsync(options: RekeyModuleAsyncOptions): DynamicModule {
    const { name, isGlobal = true, imports = [], useClass } = options;
    return {
      module: RekeyModule,
      global: isGlobal,
      imports,
      providers: [asyncOptions(options), ...(useClass === undefined ? [] : [useClass]), ...clientProviders(name)],
      exports: [secretClientToken(name)],
    };
  }

  /** Secrets that the importing module injects by `InjectSecret`. `clientName`: of the client that reads them. */
  static forFeature(secretIds: readonly string[], clientName?: string): DynamicModule {
    const providers = secretIds.map((secretId): FactoryProvider<SecretHandle> => ({
      provide: secretToken(secretId, clientName),
      inject: [secretClientToken(clientName)],
      useFactory: (client: SecretClient) => client.handle(secretId),
    }));
    return { module: RekeyModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
Module({})(RekeyModule);

/**
 * Injects the `SecretClient`, by its name where it has one.
 *
 * @example
 * ```ts
 * import type { SecretClient } from "rekey/client";
 * import { InjectSecretClient } from "rekey/client/nestjs";
 *
 * export class Orders {
 *   declare readonly secrets: SecretClient;
 * }
 * // As a decorator: @InjectSecretClient() readonly secrets: SecretClient
 * InjectSecretClient()(Orders.prototype, "secrets");
 * ```
 */
export const InjectSecretClient = (name?: string): ParameterDecorator & PropertyDecorator =>
  Inject(secretClientToken(name));

/**
 * Injects the `SecretHandle` of a secret that `RekeyModule.forFeature` names.
 *
 * @example
 * ```ts
 * import type { SecretHandle } from "rekey/client";
 * import { InjectSecret } from "rekey/client/nestjs";
 *
 * export class Payments {
 *   declare readonly key: SecretHandle;
 * }
 * // As a decorator: @InjectSecret("prod/payments") readonly key: SecretHandle
 * InjectSecret("prod/payments")(Payments.prototype, "key");
 * ```
 */
export const InjectSecret = (secretId: string, clientName?: string): ParameterDecorator & PropertyDecorator =>
  Inject(secretToken(secretId, clientName));
