import "reflect-metadata";
import { Global, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { getConnectionToken, InjectConnection, MongooseModule } from "@nestjs/mongoose";
import mongoose from "mongoose";
import type { SecretClient } from "rekey/client";
import { createRotatingClient } from "rekey/client/mongodb";
import { RekeyModule, secretClientToken } from "rekey/client/nestjs";
import { startMongoExample } from "./support/start-server-example.ts";

await using example = await startMongoExample();

// `MongooseModule.forRoot` opens a connection of its own by a URI. This takes its place, under the same token.
const connection = {
  provide: getConnectionToken(),
  inject: [secretClientToken()],
  async useFactory(client: SecretClient) {
    const { mongo } = await createRotatingClient({
      client,
      secretId: example.secretId,
      createClient: (url, options) => new mongoose.mongo.MongoClient(url, options),
    });
    return mongoose.createConnection().setClient(mongo);
  },
};

class Database {
  readonly connection: mongoose.Connection;

  constructor(used: mongoose.Connection) {
    this.connection = used;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}

class App {}

// Node.js runs TypeScript without decorators, so here they are called. A service that is compiled writes them with an @.
InjectConnection()(Database, undefined, 0);
Global()(Database);
Module({ providers: [connection], exports: [connection] })(Database);
Module({
  imports: [
    RekeyModule.forRootAsync({ useFactory: () => ({ source: example.source }) }),
    Database,
    MongooseModule.forFeature([{ name: "Note", schema: new mongoose.Schema({ text: String }) }]),
  ],
})(App);

const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
const Note = app.get<mongoose.Connection>(getConnectionToken()).model("Note");
const client = app.get<SecretClient>(secretClientToken());
const rotate = async (): Promise<void> => {
  await example.rotate();
  await client.refresh(example.secretId);
};
await Note.create({ text: "before" });
await rotate();
await Note.create({ text: "in the midst" });
await rotate();
await Note.create({ text: "after" });
const notes = await Note.find().sort({ _id: 1 });
console.log(notes.map((note) => String(note.get("text"))).join(", "));
const { connection: used } = app.get(Database);
await app.close();
console.log(`connection: ${mongoose.STATES[used.readyState]}`);
