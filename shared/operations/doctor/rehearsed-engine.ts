import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  OwnAccountReading,
  PasswordChange,
  Rehearsal,
  UserPairing,
} from "../../ports/database-engine.ts";

/** A rotation whose steps the doctor can rehearse. */
export interface ExaminedRotation extends RotationDependencies {
  /** The strategies of `rotation.strategies` on a stand-in of the engine; without them nothing is rehearsed. */
  readonly strategiesOf?: (engine: DatabaseEngine) => RotationDependencies["strategies"];
}

type Rehearsed = DatabaseSession & PasswordChange & UserPairing & DualPasswords & Partial<OwnAccountReading>;

function rehearsedSession(session: DatabaseSession): Rehearsed {
  const own = session as DatabaseSession & Partial<Rehearsal & OwnAccountReading>;
  return {
    setPassword: async (credential, call, terms) => own.rehearse?.({ method: "setPassword", credential, terms }, call),
    keepBoth: async (current, next, call) => own.rehearse?.({ method: "keepBoth", current, next }, call),
    keepOnly: async (credential, call) => own.rehearse?.({ method: "keepOnly", credential }, call),
    syncPair: async (pair, next, call) => own.rehearse?.({ method: "syncPair", pair, next }, call),
    ...(own.readOwnAccount === undefined ? {} : { readOwnAccount: own.readOwnAccount.bind(own) }),
    [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
  };
}

/** The same engine, on whose sessions every change is rehearsed: a step's strategy can run on it, and nothing stays. */
export function rehearsedEngine(engine: DatabaseEngine): DatabaseEngine {
  return {
    ...engine,
    async login(target, credential, call) {
      const login = await engine.login(target, credential, call);
      return login.ok ? { ok: true, session: rehearsedSession(login.session) } : login;
    },
  };
}
