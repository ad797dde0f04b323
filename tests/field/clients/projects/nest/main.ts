import "reflect-metadata";
import { Controller, Get, HttpException, Inject, Module, type OnModuleDestroy } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { isRekeyError, type SecretClient, type SecretHandle, SecretValue } from "rekey/client";
import { InjectSecret, InjectSecretClient, RekeyModule, secretClientToken } from "rekey/client/nestjs";
import { createRotatingPool, type RotatingPool } from "rekey/client/pg";
import { memorySecrets } from "rekey/testing";
import { useRekey } from "./service";

const [first = {}, second = {}] = JSON.parse(process.env["ORDERS"] ?? "[]") as object[];
const source = memorySecrets({ orders: first });

@Controller()
class OrdersController {
  constructor(
    @InjectSecretClient() private readonly secrets: SecretClient,
    @InjectSecret("orders") private readonly secretOfOrders: SecretHandle,
    @Inject("orders") private readonly pool: RotatingPool,
  ) {}

  @Get("user")
  async user(): Promise<string> {
    return (await this.pool.query<{ name: string }>("SELECT current_user AS name")).rows[0]?.name ?? "";
  }

  @Get("secret")
  async secret(): Promise<string> {
    const { value } = await this.secretOfOrders.get();
    return String(value instanceof SecretValue);
  }

  @Get("unknown")
  async unknown(): Promise<string> {
    try {
      return (await this.secrets.get("unknown")).versionId;
    } catch (error) {
      throw new HttpException(isRekeyError(error) ? error.code : "?", 503);
    }
  }
}

@Module({
  imports: [RekeyModule.forRootAsync({ useFactory: () => ({ source }) }), RekeyModule.forFeature(["orders"])],
  controllers: [OrdersController],
  providers: [
    {
      provide: "orders",
      inject: [secretClientToken()],
      useFactory: (client: SecretClient) => createRotatingPool({ client, secretId: "orders" }),
    },
  ],
})
class OrdersModule implements OnModuleDestroy {
  constructor(@Inject("orders") private readonly pool: RotatingPool) {}

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }
}

async function main(): Promise<void> {
  const app = await NestFactory.create(OrdersModule, { logger: false });
  await app.listen(0, "127.0.0.1");
  const get = async (path: string): Promise<string> => (await fetch(`${await app.getUrl()}/${path}`)).text();
  const before = await get("user");
  const client = app.get<SecretClient>(secretClientToken());
  client.invalidate("orders", { atLeast: source.put("orders", second) });
  await client.refresh("orders");
  const answers = [before, await get("user"), await get("secret"), await get("unknown")];
  await app.close();
  process.stdout.write(`${answers.join(" ")}\n${await useRekey()}\n`);
}

void main();
