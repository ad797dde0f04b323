import { RekeyError } from "../../../errors/rekey-error.ts";
import { member, type RotatableMongo } from "./supported-client.ts";
import type { Uses } from "./uses.ts";

/** One MongoClient, and what is under way on it. */
export interface Served<Mongo extends RotatableMongo> {
  readonly mongo: Mongo;
  readonly uses: Uses;
}

export interface FacadeOptions<Mongo extends RotatableMongo> {
  /** The client that takes new work. */
  readonly active: () => Served<Mongo>;
  /** Whose client it is, such as that of a session. */
  readonly servedOf: (mongo: unknown) => Served<Mongo> | undefined;
  readonly isOver: () => boolean;
  /** Called at each operation. */
  readonly asked: () => void;
  /** Members of the client that are not those of the driver's. */
  readonly own: Readonly<Record<PropertyKey, unknown>>;
  readonly secretId: string;
}

type Method = (...given: unknown[]) => unknown;
/** Finds the driver's object, such as a collection, on one MongoClient. */
type Path = (mongo: object) => object;

/** Methods of the driver that return a handle, at once. */
const handleMethods: ReadonlySet<PropertyKey> = new Set(["db", "collection", "admin"]);
/** Those that return no promise. */
const immediate = /^(?:db|collection|admin|find|aggregate|watch|list\w+|initialize\w+|startSession|runCursorCommand)$/;

const isFunction = (value: unknown): value is Method => typeof value === "function";
const isPromise = (value: unknown): value is Promise<unknown> => isFunction(member(value, "then"));

/**
 * A client of the driver's own type in front of the one that is active. Handles (`db`, `collection`) find theirs at each call,
 * so they outlive a rotation. What is called with a session runs on the client that the session began on; cursors, change
 * streams and sessions are the driver's own, of the client that made them, which is held until they end.
 */
export function facade<Mongo extends RotatableMongo>(options: FacadeOptions<Mongo>): Mongo {
  const { active, servedOf, isOver, asked, own, secretId } = options;

  function servedFor(given: readonly unknown[]): Served<Mongo> {
    for (const one of given) {
      const session = typeof one === "object" && one !== null ? member(one, "session") : undefined;
      const served = session === undefined || session === null ? undefined : servedOf(member(session, "client"));
      if (served !== undefined) return served;
    }
    if (isOver()) throw new RekeyError("pool-closed", { context: { secret: secretId } });
    return active();
  }

  /** The driver's handle of a name as one that outlives a rotation; anything else is itself. */
  function lasting(value: unknown, path: Path): unknown {
    if (servedOf(value) !== undefined) return root;
    if (Array.isArray(value)) return value.map((one: unknown) => lasting(one, path));
    const name = member(value, "collectionName");
    if (typeof name !== "string" || !isFunction(member(value, "insertOne"))) return value;
    const database = member(value, "dbName");
    return handle(value as object, (mongo) => {
      const found = Reflect.apply(member(mongo, "db") as Method, mongo, [database]);
      return Reflect.apply(member(found, "collection") as Method, found, [name]) as object;
    });
  }

  /** What a method returned, held as long as it needs its client. */
  function held(result: unknown, { uses }: Served<Mongo>, path: Path): unknown {
    if (isPromise(result)) {
      const release = uses.hold();
      return result.then((value) => lasting(value, path)).finally(release);
    }
    const once = member(result, "once");
    if (isFunction(once)) {
      const isCursor = "id" in (result as object) && isFunction(member(result, "toArray"));
      const release = uses.hold(isCursor ? () => member(result, "id") !== undefined : undefined);
      Reflect.apply(once, result, [isFunction(member(result, "endSession")) ? "ended" : "close", release]);
      return result;
    }
    const execute = member(result, "execute");
    if (isFunction(execute)) {
      let isStarted = false;
      const release = uses.hold(() => isStarted);
      const executed = async (...given: unknown[]): Promise<unknown> => {
        isStarted = true;
        return (Reflect.apply(execute, result, given) as Promise<unknown>).finally(release);
      };
      Reflect.set(result as object, "execute", executed);
    }
    return result;
  }

  function handle(sample: object, path: Path): object {
    const found = new WeakMap<object, object>();
    const methods = new Map<PropertyKey, Method>();
    const on = (mongo: object): object => {
      let one = found.get(mongo);
      if (one === undefined) found.set(mongo, (one = path(mongo)));
      return one;
    };

    function call(name: PropertyKey, given: unknown[]): unknown {
      const invoke = (target: object): unknown => Reflect.apply(member(target, name) as Method, target, given);
      if (handleMethods.has(name))
        return handle(invoke(on(active().mongo)) as object, (mongo) => invoke(on(mongo)) as object);
      asked();
      try {
        const served = servedFor(given);
        return held(invoke(on(served.mongo)), served, path);
      } catch (error) {
        if (!(error instanceof RekeyError) || immediate.test(String(name))) throw error;
        return Promise.reject(error);
      }
    }

    return new Proxy(sample, {
      get(_sample, name) {
        if (path === itself && name in own) return own[name];
        const target = on(active().mongo);
        const value = member(target, name);
        if (!isFunction(value) || name === "constructor") return lasting(value, path);
        let method = methods.get(name);
        if (method === undefined) methods.set(name, (method = (...given) => call(name, given)));
        return method;
      },
      set: (_sample, name, value) => Reflect.set(on(active().mongo), name, value),
    });
  }

  const itself: Path = (mongo) => mongo;
  const root = handle(active().mongo, itself) as Mongo;
  return root;
}
