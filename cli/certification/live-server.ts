import type { Credential, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import type {
  Account,
  EngineFixture,
  EngineServer,
  SecretFields,
} from "../../shared/testing/engine-contract/fixture.ts";
import type { RelayedProtocol } from "./tls-relay.ts";

/** A server that somebody named, and its administrator. */
export interface Place {
  readonly target: DatabaseTarget;
  readonly admin: Credential;
  /** What the run's secrets have as their host, which leads to loopback; see `hostInSecrets`. */
  readonly secretHost: string;
  /** Every user that the run makes has a name that begins with this, and no other user has. */
  readonly prefix: string;
}

/** Somewhere that a server writes statements down. */
export interface Source {
  readonly name: string;
  /** Absent where the administrator may not read them, or the server has none. */
  readonly lines?: readonly string[];
}

/** What an administrator's session does to the users of the run. Errors: those of the engine's connection. */
export interface LiveUsers extends Pick<EngineServer, "hardships" | "accountProperties"> {
  /** Names of users that begin with the prefix. */
  ours(): Promise<readonly string[]>;
  /** Makes a user that may log in. Returns further members of its secret. */
  create(account: Account): Promise<SecretFields>;
  /** From now on it is the user's only password. */
  changePassword(account: Account): Promise<void>;
  /** Removes a user and what was made for it alone. */
  remove(username: string): Promise<void>;
  /** Whether the server lets the account in. */
  accepts(account: Account): Promise<boolean>;
  /** As in `EngineServer`. */
  describe(username: string): Promise<readonly string[]>;
  /** As in `EngineServer`. */
  describeInEffect?(account: Account): Promise<readonly string[]>;
  /** What the server keeps of statements, by where it keeps them. */
  written(): Promise<readonly Source[]>;
}

/** One kind of server: how the contract's users are made, described and removed there. */
export interface LiveServer
  extends
    Pick<EngineFixture, "notInNames" | "askForClearPassword">,
    Pick<EngineServer, "usernameOf">,
    Pick<RelayedProtocol, "carrierOf" | "beginsTlsAnew"> {
  /** `version`: what the server says of itself. */
  variants(place: Place, version: string): EngineFixture["variants"];
  readonly exemptions: NonNullable<EngineFixture["exemptions"]>;
  readonly unknownDatabase?: SecretFields;
  users(place: Place): LiveUsers;
}
