import fc from 'fast-check';
import type { AdmissionTerms, Effect, RungTerms } from '../../../src/domain/session/state.ts';
import { cause } from '../../../src/domain/errors.ts';
import { ADVANCED, BASIC, DAY, GUEST, HOUR, MINUTE, quota, rung, WEEK } from './terms-of.ts';

/** Days of changed clocks lie ahead in each of the zones. */
export const START = Date.UTC(2026, 2, 26);

/** One thing that happens to a user, `gap` ms after the one before. */
export interface Step {
  readonly gap: number;
  readonly kind: 'ask' | 'ask-not-granted' | 'clear-review' | 'change-role' | 'change-limit';
  readonly cost: number;
  /** Whether `restrict` lists what is asked. */
  readonly listed: boolean;
  /** Whether the process lives to take the effect of the answer into the document. */
  readonly lives: boolean;
}

/** A user with its ladder, and what happens to it. */
export interface Life {
  readonly timeZone: string;
  readonly limits: { readonly daily: number; readonly weekly: number; readonly grace: number };
  readonly rungs: readonly RungTerms[];
  readonly steps: readonly Step[];
}

export const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'] as const;

export const gap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: HOUR }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 0, 0, 1, MINUTE, HOUR, HOUR, DAY - 1, DAY, WEEK) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * DAY }) },
);

const aRung: fc.Arbitrary<RungTerms> = fc
  .record({
    action: fc.constantFrom<RungTerms['action'][]>(
      'warn',
      'rate_limit',
      'restrict',
      'cooldown',
      'review',
      'suspend_subscription',
      'idle',
    ),
    overDaily: fc.integer({ min: 1, max: 4 }),
    overWeekly: fc.integer({ min: 1, max: 4 }),
    times: fc.constantFrom(1, 1, 1, 2, 3),
    withinMs: fc.constantFrom(2 * DAY, WEEK, 30 * DAY),
    everyMs: fc.constantFrom(1, MINUTE, HOUR),
    forMs: fc.constantFrom(1, 30 * MINUTE, DAY),
  })
  .map(({ action, times, withinMs, everyMs, forMs, ...over }) =>
    rung(action, {
      ...over,
      times,
      withinMs: times === 1 ? 0 : withinMs,
      ...(action === 'rate_limit' && { everyMs }),
      ...(action === 'cooldown' && { forMs }),
    }),
  );

const aStep: fc.Arbitrary<Step> = fc.record({
  gap,
  kind: fc.constantFrom<Step['kind'][]>(
    ...Array<'ask'>(12).fill('ask'),
    'ask-not-granted',
    'clear-review',
    'clear-review',
    'change-role',
    'change-limit',
  ),
  cost: fc.constantFrom(1, 1, 1, 1, 2, 6),
  listed: fc.boolean(),
  lives: fc.constantFrom(true, true, true, false),
});

export function aLife(stepsMax: number): fc.Arbitrary<Life> {
  return fc.record({
    timeZone: fc.constantFrom(...ZONES),
    limits: fc.record({
      daily: fc.integer({ min: 1, max: 4 }),
      weekly: fc.integer({ min: 2, max: 8 }),
      grace: fc.constantFrom(0, 0, 2),
    }),
    rungs: fc.array(aRung, { maxLength: 4 }),
    steps: fc.array(aStep, { minLength: 1, maxLength: stepsMax, size: 'max' }),
  });
}

/** The user document as far as admissions read it; what `domain/user` makes of effects, in the shortest form. */
export class LifeDocument {
  role: 'guest' | 'basic' | 'advanced' = 'basic';
  raised = 0;
  appliedAt = 0;
  review = false;
  signed = true;
  forgivenAt: number | undefined;
  idleUntil: number | undefined;
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  /** What happens between two operations. */
  change(step: Step, now: number): void {
    if (step.kind === 'clear-review' && this.review) {
      this.review = false;
      this.forgivenAt = now;
    }
    if (step.kind === 'change-limit') this.raised = (this.raised + 2) % 4;
    if (step.kind === 'change-role') {
      this.role = ({ guest: 'basic', basic: 'advanced', advanced: 'guest' } as const)[this.role];
      if (this.role !== 'guest') {
        this.idleUntil = undefined;
        this.review = false;
      }
    }
  }

  takeIn(effect: Effect): void {
    if (effect.at <= this.appliedAt) return;
    this.appliedAt = effect.at;
    if (effect.role !== this.role) return;
    if (effect.kind === 'idle') this.idleUntil = Math.max(effect.until, this.idleUntil ?? 0);
    else if (effect.kind === 'review') this.review = true;
    else this.signed = false;
  }

  terms(step: Step): AdmissionTerms {
    const { timeZone, limits, rungs } = this.#life;
    const { guest, basic, advanced } = { guest: GUEST, basic: BASIC, advanced: ADVANCED };
    const standard = { guest, basic, advanced }[this.role];
    const own = quota({
      daily: limits.daily + this.raised,
      weekly: limits.weekly + this.raised,
      grace: limits.grace,
      rungs: rungs.map((each) => ({ ...each, bars: each.action === 'restrict' && step.listed })),
    });
    return {
      ...standard,
      timeZone,
      sessionRules: {},
      cost: step.cost,
      ...(this.role === 'basic' && { quota: own }),
      ...(this.idleUntil !== undefined && { idle: { until: this.idleUntil, liftable: this.role === 'basic' } }),
      ...(this.forgivenAt !== undefined && { forgivenAt: this.forgivenAt }),
      reviewOpen: this.review,
      suspendable: this.signed,
      appliedAt: this.appliedAt,
      causesAfter: step.kind === 'ask-not-granted' ? [cause('NO_GRANT')] : [],
    };
  }
}
