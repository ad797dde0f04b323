/**
 * The parts of the pinned `oracledb` driver below its connections, as far as rekey uses them. `getConnection` opens a socket of
 * its own, asks the names of hosts, follows a listener's redirect to any other host and reads TNS files; a step needs one
 * socket, verified and guarded, with one deadline. The price: an upgrade of the driver is tested before it is pinned.
 */
declare module "oracledb/lib/thin/connection.js" {
  import type { AuthMessage } from "oracledb/lib/thin/protocol/messages/auth.js";
  import type NetworkSession from "oracledb/lib/thin/sqlnet/networkSession.js";

  export interface ResultSet {
    getRows(most: number, options: object): Promise<readonly (readonly unknown[])[]>;
  }
  export default class ThinConnectionImpl {
    get nscon(): NetworkSession.NetworkSession;
    set nscon(made: object);
    readonly serverVersionString: string;
    readonly _protocol: { _recoverFromError: (error: unknown) => Promise<void> };
    connect(parameters: object): Promise<void>;
    execute(
      sql: string,
      times: number,
      binds: readonly [],
      options: object,
    ): Promise<{ readonly resultSet?: ResultSet }>;
    /** Both passwords go encrypted by the key that the login has agreed on. */
    changePassword(username: string, password: string, newPassword: string): Promise<void>;
    /** What has been learned by the login. */
    _postConnect(login: AuthMessage): void;
  }
}

declare module "oracledb/lib/thin/protocol/messages/auth.js" {
  export interface AuthMessage {
    readonly sessionData: Readonly<Record<string, string>>;
    readonly comboKey?: Buffer;
  }
}

declare module "oracledb/lib/thin/protocol/messages/withData.js" {
  interface Column {
    readonly type: { readonly _oraTypeNum: number };
  }
  export default class MessageWithData {
    processColumnInfo(buffer: object, number: number): Column;
  }
}

declare module "oracledb/lib/thin/protocol/encryptDecrypt.js" {
  const ciphers: {
    decrypt(key: Buffer, value: Buffer): Buffer;
    updateVerifierData(sessionData: Readonly<Record<string, string>>, ...more: readonly unknown[]): void;
  };
  export default ciphers;
}

declare module "oracledb/lib/thin/sqlnet/networkSession.js" {
  import type NTTCP from "oracledb/lib/thin/sqlnet/ntTcp.js";
  import type SessionAtts from "oracledb/lib/thin/sqlnet/sessionAtts.js";

  class NetworkSession {
    ntAdapter: NTTCP | null;
    sAtts: SessionAtts;
    cData: Buffer;
    cDataNVPair: object;
    sndDatapkt: object;
    rcvDatapkt: object;
    connect(): Promise<void>;
    connect2(address: object): Promise<boolean>;
    transportConnect(): Promise<void>;
    disconnect(type: number): void;
  }
  namespace exported {
    export { NetworkSession };
  }
  export default exported;
}

declare module "oracledb/lib/thin/sqlnet/ntTcp.js" {
  import type { Socket } from "node:net";

  export default class NTTCP {
    constructor(attributes: object);
    stream: Socket;
    connected: boolean;
    readonly packets: readonly object[];
    readonly cha: number;
    send(packet: Buffer): void;
    startRead(): void;
    renegTLS(): Promise<void>;
    setupEventHandlers(): void;
    printPacket(): void;
  }
}

declare module "oracledb/lib/thin/sqlnet/sessionAtts.js" {
  export default class SessionAtts {
    readonly nt: object;
    readonly largeSDU: boolean;
    ntCha: number;
    prepare(protocol: "TCP", configuration: object): Promise<void>;
  }
}

declare module "oracledb/lib/thin/sqlnet/packet.js" {
  const packets: { readonly DataPacket: new (isLarge: boolean) => object };
  export default packets;
}

declare module "oracledb/lib/thin/sqlnet/nvStrToNvPair.js" {
  const pairs: { createNVPair(text: string): object };
  export default pairs;
}
