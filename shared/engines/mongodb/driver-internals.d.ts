/**
 * The parts of the pinned `mongodb` driver below its client, as far as rekey uses them. `MongoClient` opens a monitor beside
 * every connection, asks for servers until a time-out of its own, and brings its own URL parser; a step needs one socket
 * with one deadline. The price: an upgrade of the driver is tested on a server before it is pinned.
 */
declare module "mongodb/lib/cmap/connect.js" {
  import type { Socket } from "node:net";
  import type { Document } from "mongodb";

  export interface Connection {
    readonly hello: Document;
    command(namespace: object, command: Document, options: { readonly socketTimeoutMS: number }): Promise<Document>;
    destroy(): void;
  }
  /** Performs hello and the login on a socket that is open. Throws errors of the driver, named `Mongo…Error`. */
  export function connect(options: {
    readonly existingSocket: Socket;
    readonly hostAddress: object;
    readonly id: number;
    readonly generation: number;
    readonly monitorCommands: boolean;
    readonly metadata: Promise<Document>;
    readonly credentials: object;
    readonly authProviders: { readonly getOrCreateProvider: (mechanism: string) => object | undefined };
    readonly connectTimeoutMS: number;
  }): Promise<Connection>;
}

declare module "mongodb/lib/cmap/auth/mongo_credentials.js" {
  export const MongoCredentials: new (options: {
    readonly username: string;
    readonly password: string;
    readonly source: string;
    readonly mechanism: "DEFAULT";
    readonly mechanismProperties: object;
  }) => object;
}

declare module "mongodb/lib/cmap/auth/scram.js" {
  export const ScramSHA1: new () => object;
  export const ScramSHA256: new () => object;
}

declare module "mongodb/lib/utils.js" {
  export function ns(namespace: string): object;
}
