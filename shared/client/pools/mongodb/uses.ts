/** One operation, cursor, change stream or session of a MongoClient. */
interface Use {
  /** Whether anything was asked of the server for it. */
  readonly isStarted: () => boolean;
}

const always = (): boolean => true;

/** What is under way on one MongoClient. */
export class Uses {
  readonly #held = new Set<Use>();
  #whenOver: (() => void) | undefined;

  /** Until the function that it returns is called. */
  hold(isStarted: Use["isStarted"] = always): () => void {
    const use = { isStarted };
    this.#held.add(use);
    return () => this.#drop(use);
  }

  /** A cursor that nobody has read from, or a bulk that nobody executes, is not waited for without end. */
  dropUnstarted(): void {
    for (const use of this.#held) if (!use.isStarted()) this.#drop(use);
  }

  /** Resolves once nothing is under way. */
  async over(): Promise<void> {
    if (this.#held.size === 0) return;
    await new Promise<void>((resolve) => (this.#whenOver = resolve));
  }

  #drop(use: Use): void {
    if (this.#held.delete(use) && this.#held.size === 0) this.#whenOver?.();
  }
}
