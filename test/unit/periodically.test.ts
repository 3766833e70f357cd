import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { periodically } from '../../src/periodically.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('runs again and again, never twice at once, and goes on after a failure', async () => {
  const failures: unknown[] = [];
  let finish: (() => void) | undefined;
  let runs = 0;
  const work = periodically(
    100,
    () => {
      runs += 1;
      return runs === 1 ? new Promise<void>((resolve) => (finish = resolve)) : Promise.reject(new Error('lost'));
    },
    (error) => failures.push(error),
  );
  await vi.advanceTimersByTimeAsync(350);
  expect(runs).toBe(1);
  finish?.();
  await vi.advanceTimersByTimeAsync(200);
  expect(runs).toBe(3);
  expect(failures).toHaveLength(2);
  await work.stop();
  await vi.advanceTimersByTimeAsync(500);
  expect(runs).toBe(3);
});

it('is stopped only when the run under way is over', async () => {
  let finish: (() => void) | undefined;
  const work = periodically(
    100,
    () => new Promise<void>((resolve) => (finish = resolve)),
    () => undefined,
  );
  await vi.advanceTimersByTimeAsync(100);
  let stopped = false;
  const stopping = work.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(0);
  expect(stopped).toBe(false);
  finish?.();
  await stopping;
  expect(stopped).toBe(true);
});
