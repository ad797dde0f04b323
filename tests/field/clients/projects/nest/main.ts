import "reflect-metadata";
import { Controller, Get, HttpException, Inject, Module, type OnModuleDestroy } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { isRekeyError, SecretValue } from "rekey/client";
import { createRotatingPool, type RotatingPool } from "rekey/client/pg";
import { type FakeSecretClient, fakeSecretClient } from "rekey/testing";
import { useRekey } from "./service";

const [first = {}, second = {}] = JSON.parse(process.env["ORDERS"] ?? "[]") as object[];

@Controller()
class OrdersController {
  constructor(
    @Inject("secrets") private readonly secrets: FakeSecretClient,
    @Inject("orders") private readonly pool: RotatingPool,
  ) {}

  @Get("user")
  async user(): Promise<string> {
    return (await this.pool.query<{ name: string }>("SELECT current_user AS name")).rows[0]?.name ?? "";
  }

  @Get("secret")
  async secret(): Promise<string> {
    const { value } = await this.secrets.get("orders");
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
  controllers: [OrdersController],
  providers: [
    { provide: "secrets", useFactory: () => fakeSecretClient({ orders: first }) },
    {
      provide: "orders",
      inject: ["secrets"],
      useFactory: (client: FakeSecretClient) => createRotatingPool({ client, secretId: "orders" }),
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
  await app.get<FakeSecretClient>("secrets").rotate("orders", second);
  const answers = [before, await get("user"), await get("secret"), await get("unknown")];
  await app.close();
  process.stdout.write(`${answers.join(" ")}\n${await useRekey()}\n`);
}

void main();
