import "reflect-metadata";
import { Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { InjectDataSource, TypeOrmModule } from "@nestjs/typeorm";
import type { RotatingPool } from "rekey/client/pg";
import { InjectSecretClient, RekeyModule } from "rekey/client/nestjs";
import { rotatingTypeOrm } from "rekey/client/nestjs/typeorm";
import type { SecretClient } from "rekey/client";
import { type DataSource, EntitySchema } from "typeorm";
import { startExample } from "./support/start-example.ts";

const Note = new EntitySchema<{ id?: number; text: string }>({
  name: "Note",
  tableName: "notes",
  columns: { id: { type: "int", primary: true, generated: "increment" }, text: { type: "text" } },
});

await using example = await startExample();

class Notes {
  readonly source: DataSource;
  readonly secrets: SecretClient;

  constructor(source: DataSource, secrets: SecretClient) {
    this.source = source;
    this.secrets = secrets;
  }

  async add(text: string): Promise<void> {
    await this.source.getRepository(Note).insert({ text });
  }
}

class App {}

// Node.js runs TypeScript without decorators, so here they are called. A service that is compiled writes them with an @:
// `constructor(@InjectDataSource() readonly source: DataSource, @InjectSecretClient() readonly secrets: SecretClient)`.
Injectable()(Notes);
InjectDataSource()(Notes, undefined, 0);
InjectSecretClient()(Notes, undefined, 1);
Module({
  imports: [
    RekeyModule.forRootAsync({ useFactory: () => ({ source: example.source }) }),
    TypeOrmModule.forRootAsync(
      rotatingTypeOrm({ secretId: example.secretId, typeorm: { entities: [Note], extra: { maxUses: 1 } } }),
    ),
  ],
  providers: [Notes],
})(App);

const app = await NestFactory.createApplicationContext(App, { logger: false });
const notes = app.get(Notes);
await notes.source.transaction(async (manager) => {
  await manager.insert(Note, { text: "before" });
  await example.rotate();
  await manager.insert(Note, { text: "in the midst" });
});
await notes.add("after");
const kept = await notes.source.getRepository(Note).find({ order: { id: "ASC" } });
console.log(kept.map(({ text }) => text).join(", "));
const { master } = notes.source.driver as unknown as { readonly master: RotatingPool };
console.log(`refused logins: ${master.refusedLogins}`);
await app.close();
