import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Admission, Standing } from '../../../src/domain/session/state.ts';
import { NaiveUser, type NaiveAnswer } from './naive-user.ts';
import { OneUser } from './one-user.ts';
import { aLife, LifeDocument, START, type Life } from './random-life.ts';

/** The answer, as far as the naive one goes. */
function asTold(answer: Admission): NaiveAnswer {
  const { admitted, causes, warnings, enforcement, effect, endsIdle, resetAt, retryAfterMs, at } = answer;
  const acts = enforcement?.rung !== undefined || enforcement?.action === 'warn';
  return {
    admitted,
    causes: causes.map(({ reason }) => reason),
    warnings: warnings.map(({ code }) => code),
    rung: acts ? (enforcement?.rung ?? 0) : undefined,
    action: acts ? enforcement?.action : undefined,
    effect,
    endsIdle: endsIdle === true,
    resetAt,
    retryAt: retryAfterMs === 0 ? undefined : at + retryAfterMs,
  };
}

/** Lives one life twice, and calls with the two answers of each step. */
function live(
  life: Life,
  look: (told: NaiveAnswer, naive: NaiveAnswer) => void,
  kept: (standing: Standing) => Standing = (standing) => standing,
): void {
  const user = new OneUser();
  const naive = new NaiveUser();
  const document = new LifeDocument(life);
  let now = START;
  for (const step of life.steps) {
    now += step.gap;
    document.change(step, now);
    const terms = document.terms(step);
    const answer = user.ask(terms, now);
    user.standing = kept(user.standing);
    look(asTold(answer), naive.ask(terms, now));
    if (!step.lives) continue;
    if (answer.effect) document.takeIn(answer.effect);
    if (answer.endsIdle) document.idleUntil = undefined;
  }
}

/** Causes of two windows that are both exceeded come in the order of their resets: a case of its own. */
const unordered = (answer: NaiveAnswer) => ({ ...answer, causes: [...answer.causes].sort() });

/** With those of windows.property.test.ts: 10,000. */
const SCHEDULES = 1_500;
/** Much longer than it takes; other work may share the machine. */
const TIMEOUT_MS = 60_000;

const without = (key: 'lastAdmittedAt' | 'cooldownUntil' | 'pending') => (standing: Standing) => {
  const { [key]: _, ...rest } = standing;
  return rest;
};

describe('S-8: the ladder against one that keeps everything and looks at all of it', () => {
  it('over random ladders, schedules, roles, limits, reviews and lost effects', { timeout: TIMEOUT_MS }, () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(aLife(20), (life) => {
        live(life, (told, naive) => {
          // An assertion costs more than a decision; one that would pass is left out.
          if (!isDeepStrictEqual(unordered(told), unordered(naive))) expect(unordered(told)).toEqual(unordered(naive));
          const name = `${told.admitted ? 'admitted' : 'refused'} by ${told.action ?? told.causes[0] ?? 'none'}`;
          seen.set(name, (seen.get(name) ?? 0) + 1);
        });
      }),
      { numRuns: SCHEDULES },
    );
    // Nothing of the ladder is left untouched by chance.
    const all = ['warn', 'rate_limit', 'restrict', 'cooldown', 'review', 'suspend_subscription', 'idle'];
    const met = new Set([...seen.keys()].map((name) => name.split(' ')[2]));
    expect(all.filter((action) => !met.has(action))).toEqual([]);
    for (const held of ['USER_IDLE', 'QUOTA_COOLDOWN', 'SUBSCRIPTION_SUSPENDED']) expect(met).toContain(held);
  });

  it.each<[string, (standing: Standing) => Standing]>([
    ['the days on which a window was exceeded', (standing) => ({ ...standing, exceededAt: [] })],
    ['when it last admitted', without('lastAdmittedAt')],
    ['its cooldown', without('cooldownUntil')],
    ['the effect that is owed', without('pending')],
  ])('the comparison finds out a user that forgets %s', { timeout: TIMEOUT_MS }, (_, forget) => {
    const property = fc.property(aLife(20), (life) => {
      let same = true;
      live(life, (told, naive) => (same &&= isDeepStrictEqual(unordered(told), unordered(naive))), forget);
      return same;
    });
    expect(fc.check(property, { numRuns: SCHEDULES, endOnFailure: true }).failed).toBe(true);
  });
});
