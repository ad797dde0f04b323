import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { FleetAnswer, Problem, StatusesAnswer } from "../../contract.ts";
import { get, queryOf } from "../api/request.ts";
import { Place, problemIn } from "../api/use-answer.ts";
import { type Connection, useLive } from "../api/use-live.ts";
import { fieldsOf, type FleetQuery } from "./fleet-query.ts";
import { defined } from "../../../shared/secrets/defined.ts";

export type FleetRow = FleetAnswer["secrets"][number];

export interface Fleet {
  /** The newest answer, for all but its rows. */
  readonly answer?: FleetAnswer;
  readonly problem?: Problem;
  readonly connection: Connection;
  readonly row: (index: number) => FleetRow | undefined;
  readonly statusOf: (secretArn: string) => StatusesAnswer[string] | undefined;
  /** Asks for what is in view and not there yet. */
  readonly show: (from: number, to: number) => void;
}

const blockSize = 50;
/** So often it is asked for what is in view: who scrolls through 100,000 rows does not ask for all of them. */
const askEveryMs = 60;
const askAfterProblemMs = 2_000;

interface Held {
  readonly path: string;
  readonly blocks: Map<number, { readonly revision: number; readonly secrets: readonly FleetRow[] }>;
  readonly asked: Set<number>;
  /** Of those asked for, what has changed meanwhile. */
  readonly askAgain: Set<number>;
  inView: readonly number[];
  nextAsk?: ReturnType<typeof setTimeout> | undefined;
  nextAskAtMs: number;
}

/** The rows of a query, block by block as they come into view, and again when the fleet has changed. */
export function useFleet(query: FleetQuery): Fleet {
  const path = queryOf(fieldsOf(query));
  const place = useContext(Place);
  const [answer, setAnswer] = useState<FleetAnswer>();
  const [problem, setProblem] = useState<Problem>();
  const [statuses, setStatuses] = useState<StatusesAnswer>({});
  const newHeld = (): Held => ({
    path,
    blocks: new Map(),
    asked: new Set(),
    askAgain: new Set(),
    inView: [0],
    nextAskAtMs: 0,
  });
  const held = useRef<Held>(newHeld());
  if (held.current.path !== path) held.current = newHeld();
  const hasStatuses = place !== undefined && (place.clusters.length > 0 || place.hasAdoptions);

  async function ask(block: number): Promise<void> {
    const mine = held.current;
    if (mine.asked.has(block)) return;
    mine.asked.add(block);
    const part = queryOf({ ...fieldsOf(query), offset: block * blockSize, limit: blockSize });
    try {
      const got = await get<FleetAnswer>(`/fleet${part}`);
      if (held.current !== mine || !mine.inView.includes(block)) return;
      mine.blocks.set(block, { revision: got.revision, secrets: got.secrets });
      setProblem(undefined);
      setAnswer(got);
      const isMoving = got.secrets.some(({ health }) => health === "rotating" || health === "stuck");
      if (!hasStatuses && !isMoving) return;
      const found = await get<StatusesAnswer>(`/fleet/standings${part}`);
      setStatuses((before) => ({ ...before, ...found }));
    } catch (error) {
      mine.nextAskAtMs = Date.now() + askAfterProblemMs;
      if (held.current === mine) setProblem(problemIn(error));
    } finally {
      mine.asked.delete(block);
      if (held.current === mine && mine.askAgain.delete(block)) void ask(block);
    }
  }

  useEffect(() => {
    setStatuses({});
    void ask(0);
  }, [path]);

  const connection = useLive("/fleet/live", {
    fleet: () => {
      const { inView, blocks, asked, askAgain } = held.current;
      for (const block of blocks.keys()) if (!inView.includes(block)) blocks.delete(block);
      for (const block of inView) {
        if (asked.has(block)) askAgain.add(block);
        else void ask(block);
      }
    },
  });

  return {
    connection,
    ...defined({ answer, problem }),
    row: (index) => held.current.blocks.get(Math.floor(index / blockSize))?.secrets[index % blockSize],
    statusOf: (secretArn) => statuses[secretArn],
    show(from, to) {
      const [first, last] = [Math.floor(from / blockSize), Math.floor(Math.max(to, 0) / blockSize)];
      const inView = Array.from({ length: last - first + 1 }, (_block, at) => first + at);
      const mine = held.current;
      mine.inView = inView;
      const missing = (): readonly number[] => mine.inView.filter((block) => !mine.blocks.has(block));
      if (missing().length === 0) return;
      mine.nextAsk ??= setTimeout(() => {
        mine.nextAsk = undefined;
        mine.nextAskAtMs = Date.now() + askEveryMs;
        if (held.current === mine) for (const block of missing()) void ask(block);
      }, mine.nextAskAtMs - Date.now());
    },
  };
}
