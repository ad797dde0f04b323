/**
 * The parts of the pinned `mongodb` driver below its client, as far as rekey uses them. `MongoClient` opens a monitor beside
 * every connection, asks for servers until a time-out of its own, and brings its own URL parser; a step needs one socket
 * with one deadline. The price: an upgrade of the driver is tested on a server before it is pinned.
 */
declare module "mongodb/lib/cmap/connect.js" {
  import type { Duplex } from "node:stream";
  import type { Document } from "mongodb";
  import type { AuthProvider } from "mongodb/lib/cmap/auth/scram.js";

  export interface Connection {
    readonly hello: Document;
    command(namespace: object, command: Document, options: { readonly socketTimeoutMS: number }): Promise<Document>;
    destroy(): void;
  }
  /** Performs hello and the login on a socket that is open. Throws errors of the driver, named `Mongo…Error`. */
  export function connect(options: {
    readonly existingSocket: Duplex;
    readonly hostAddress: object;
    readonly id: number;
    readonly generation: number;
    readonly monitorCommands: boolean;
    readonly metadata: Promise<Document>;
    readonly credentials: object;
    readonly authProviders: { readonly getOrCreateProvider: (mechanism: string) => AuthProvider | undefined };
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
  import type { Document } from "mongodb";

  export interface AuthContext {
    readonly connection: {
      command(namespace: object, command: object, options?: object): Promise<Document>;
    };
    readonly credentials: object | undefined;
    readonly nonce?: Uint8Array;
    /** The server's answer to hello. */
    readonly response: Document | undefined;
    readonly reauthenticating: boolean;
  }
  export interface AuthProvider {
    prepare(handshake: Document, context: AuthContext): Promise<Document>;
    auth(context: AuthContext): Promise<void>;
  }
  export const ScramSHA1: new () => AuthProvider;
  export const ScramSHA256: new () => AuthProvider;
}

declare module "mongodb/lib/bson.js" {
  type BsonElement = readonly [type: number, nameOffset: number, nameLength: number, offset: number, length: number];

  /** The elements of one document, by its bytes. Throws for a length that its document does not have. */
  export function parseToElementsToArray(bytes: Uint8Array, offset: number): readonly BsonElement[];
}

declare module "mongodb/lib/utils.js" {
  export function ns(namespace: string): object;
}
