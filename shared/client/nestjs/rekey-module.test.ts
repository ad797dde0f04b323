import "reflect-metadata";
import { Inject, Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { expect, test, vi } from "vitest";
import { memorySecrets } from "../../testing/memory-secrets.ts";
import type { InvalidationSource } from "../invalidation/invalidation-source.ts";
import type { SecretClient, SecretHandle } from "../secret-client.ts";
import {
  InjectSecret,
  InjectSecretClient,
  RekeyModule,
  type RekeyModuleOptions,
  type RekeyOptionsFactory,
  secretClientToken,
} from "./rekey-module.ts";

class Orders {
  readonly client: SecretClient;
  readonly secret: SecretHandle;

  constructor(client: SecretClient, secret: SecretHandle) {
    this.client = client;
    this.secret = secret;
  }
}
Injectable()(Orders);
InjectSecretClient()(Orders, undefined, 0);
InjectSecret("orders")(Orders, undefined, 1);

const options = (): RekeyModuleOptions => ({ source: memorySecrets({ orders: "canary" }) });
type Imports = NonNullable<Parameters<typeof Module>[0]["imports"]>;

async function started(...imports: Imports) {
  class App {}
  Module({ imports })(App);
  return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
}
/** A module of the application in which `Orders` is. */
function feature(...imports: Imports): Imports[number] {
  class Feature {}
  Module({ imports, providers: [Orders], exports: [Orders] })(Feature);
  return Feature;
}
const secretOf = async ({ secret }: Orders): Promise<string> => (await secret.get()).value.reveal();

class Options implements RekeyOptionsFactory {
  createRekeyOptions(): RekeyModuleOptions {
    return options();
  }
}
Injectable()(Options);
class OptionsModule {}
Module({ providers: [Options, { provide: "options", useFactory: options }], exports: [Options, "options"] })(
  OptionsModule,
);

test.each([
  ["forRoot", RekeyModule.forRoot(options())],
  ["a factory", RekeyModule.forRootAsync({ useFactory: options })],
  [
    "a factory that is given something",
    RekeyModule.forRootAsync({
      imports: [OptionsModule],
      inject: ["options"],
      useFactory: async (given: RekeyModuleOptions) => given,
    }),
  ],
  ["a class", RekeyModule.forRootAsync({ useClass: Options })],
  ["a class of another module", RekeyModule.forRootAsync({ imports: [OptionsModule], useExisting: Options })],
])(
  "by %s, any module injects the client, and a secret that it names; both end with the application",
  async (_, root) => {
    const app = await started(root, feature(RekeyModule.forFeature(["orders"])));
    const orders = app.get(Orders, { strict: false });
    expect(await secretOf(orders)).toBe("canary");
    expect(orders.client).toBe(app.get(secretClientToken()));
    await app.close();
    await expect(orders.client.get("orders")).rejects.toMatchObject({ code: "pool-closed" });
  },
);

test("a client that is not global is that of the modules that import it", async () => {
  const local = RekeyModule.forRoot({ ...options(), isGlobal: false });
  class Needy {}
  Module({ providers: [{ provide: "needs", inject: [secretClientToken()], useFactory: (it: unknown) => it }] })(Needy);
  await expect(started(local, Needy)).rejects.toThrow(secretClientToken());
  class Importing {}
  Module({
    imports: [local],
    providers: [{ provide: "needs", inject: [secretClientToken()], useFactory: (it: unknown) => it }],
  })(Importing);
  const app = await started(Importing);
  expect(app.get("needs", { strict: false })).toBe(app.get(secretClientToken(), { strict: false }));
  await app.close();
});

test("two clients have names, and each ends", async () => {
  class Two {
    readonly own: SecretClient;
    readonly other: SecretHandle;

    constructor(own: SecretClient, other: SecretHandle) {
      this.own = own;
      this.other = other;
    }
  }
  Injectable()(Two);
  InjectSecretClient("own")(Two, undefined, 0);
  InjectSecret("orders", "other")(Two, undefined, 1);
  class Feature {}
  Module({ imports: [RekeyModule.forFeature(["orders"], "other")], providers: [Two] })(Feature);
  const app = await started(
    RekeyModule.forRoot({ ...options(), name: "own" }),
    RekeyModule.forRoot({ source: memorySecrets({ orders: "other" }), name: "other" }),
    Feature,
  );
  const two = app.get(Two, { strict: false });
  expect([(await two.own.get("orders")).value.reveal(), (await two.other.get()).value.reveal()]).toEqual([
    "canary",
    "other",
  ]);
  await app.close();
  await expect(two.own.get("orders")).rejects.toMatchObject({ code: "pool-closed" });
  await expect(two.other.get()).rejects.toMatchObject({ code: "pool-closed" });
});

test("the client listens to the source of notices that it is given, until the application ends", async () => {
  const stop = vi.fn<() => Promise<void>>(async () => undefined);
  const invalidation: InvalidationSource = { start: () => ({ stop }) };
  const app = await started(RekeyModule.forRoot({ ...options(), invalidation }));
  await app.close();
  expect(stop).toHaveBeenCalledTimes(1);
});

test("what is wrong is told when the application starts", async () => {
  expect(() => RekeyModule.forRootAsync({})).toThrow(expect.objectContaining({ code: "option-invalid" }));
  await expect(started(RekeyModule.forRoot({} as RekeyModuleOptions))).rejects.toMatchObject({
    code: "option-invalid",
    context: { option: "source" },
  });
});

test("Nest's own decorator takes the token", () => {
  expect(() => Inject(secretClientToken("own"))).not.toThrow();
});
