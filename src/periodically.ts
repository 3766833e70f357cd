/** Work that comes again and again until it is stopped. */
export interface Periodic {
  /** Resolves when no work runs any more. */
  stop(): Promise<void>;
}

/** Runs `work` every `everyMs`, never twice at once; what it rejects with goes to `failed`, and the next turn comes all the same. */
export function periodically(
  everyMs: number,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): Periodic {
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch(failed)
      .finally(() => {
        running = undefined;
      });
  }, everyMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
