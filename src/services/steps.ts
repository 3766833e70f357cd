/**
 * Lets one piece of code serve stores that answer at once and stores that answer later: a generator yields what may be a
 * promise, and runs on without a turn of the event loop where it is not.
 */
export type Steps<T> = Generator<unknown, T, unknown>;

/** The value of a step: `const document = yield* when(store.get(…))`. */
export function* when<T>(value: T | Promise<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs steps to their end: at once when none of them waits, else as a promise. */
export function run<T>(steps: Steps<T>): T | Promise<T> {
  const first = steps.next();
  return first.done === true ? first.value : runLater(steps, first.value);
}

async function runLater<T>(steps: Steps<T>, waiting: unknown): Promise<T> {
  let pending = waiting;
  for (;;) {
    let next: IteratorResult<unknown, T>;
    try {
      next = steps.next(await pending);
    } catch (error) {
      next = steps.throw(error);
    }
    if (next.done === true) return next.value;
    pending = next.value;
  }
}
