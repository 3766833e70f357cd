import { describe, expect, it } from 'vitest';
import { CircuitBreaker, FAILURES_MAX, OPEN_MS } from '../../../src/adapters/redis/circuit-breaker.ts';

function failing(times: number, nowMs = 0): CircuitBreaker {
  const breaker = new CircuitBreaker();
  for (let n = 0; n < times; n += 1) breaker.failed(nowMs);
  return breaker;
}

describe('the circuit breaker', () => {
  it('stays closed while failures are fewer than the bound, or not in a row', () => {
    const breaker = failing(FAILURES_MAX - 1);
    expect([breaker.passes(0), breaker.state(0)]).toEqual([true, 'closed']);
    breaker.succeeded();
    breaker.failed(1);
    expect([breaker.passes(1), breaker.state(1)]).toEqual([true, 'closed']);
  });

  it('refuses every call for a while after the bound', () => {
    const breaker = failing(FAILURES_MAX);
    for (const at of [0, OPEN_MS - 1]) expect([breaker.passes(at), breaker.state(at)]).toEqual([false, 'open']);
  });

  it('lets one call try then, and no other beside it', () => {
    const breaker = failing(FAILURES_MAX);
    expect(breaker.state(OPEN_MS)).toBe('half-open');
    expect([breaker.passes(OPEN_MS), breaker.passes(OPEN_MS), breaker.passes(9 * OPEN_MS)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['closes it when it succeeds', (breaker: CircuitBreaker) => breaker.succeeded(), [true, true, 'closed']],
    ['opens it again when it fails', (breaker: CircuitBreaker) => breaker.failed(OPEN_MS), [false, false, 'open']],
  ])('the try %s', (_, outcome, expected) => {
    const breaker = failing(FAILURES_MAX);
    breaker.passes(OPEN_MS);
    outcome(breaker);
    expect([breaker.passes(OPEN_MS + 1), breaker.passes(OPEN_MS + 1), breaker.state(OPEN_MS + 1)]).toEqual(expected);
  });
});
