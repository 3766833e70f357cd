import { expect, it, vi } from 'vitest';
import { CALL_DEADLINE_MS, callDeadline } from '../../../src/wire/http/call-deadline.ts';

it('an answer that comes is the answer, and leaves no timer behind', async () => {
  vi.useFakeTimers();
  try {
    await expect(callDeadline(Promise.resolve('answer'))).resolves.toBe('answer');
    await expect(callDeadline(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('one that does not come in time is DEADLINE_EXCEEDED', async () => {
  vi.useFakeTimers();
  try {
    const told = callDeadline(new Promise(() => {})).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(CALL_DEADLINE_MS);
    expect(await told).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  } finally {
    vi.useRealTimers();
  }
});
