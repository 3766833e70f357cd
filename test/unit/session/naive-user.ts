import type { Denial } from '../../../src/domain/errors.ts';
import type { AdmissionTerms, Effect, RungTerms } from '../../../src/domain/session/state.ts';
import { naiveDay } from './naive-days.ts';
import { WEEK } from './terms-of.ts';

/** What the rules say of one operation, in the words of an answer. */
export interface NaiveAnswer {
  readonly admitted: boolean;
  readonly causes: readonly Denial[];
  readonly warnings: readonly string[];
  readonly rung: number | undefined;
  readonly action: RungTerms['action'] | undefined;
  readonly effect: Effect | undefined;
  readonly endsIdle: boolean;
  readonly resetAt: number | undefined;
  readonly retryAt: number | undefined;
}

/** The order of the causes that are met here. */
const ORDER: readonly Denial[] = [
  'USER_IDLE',
  'QUOTA_DAILY',
  'QUOTA_WEEKLY',
  'QUOTA_COOLDOWN',
  'QUOTA_REVIEW',
  'NO_GRANT',
  'SUBSCRIPTION_SUSPENDED',
];
const WINDOWS = ['QUOTA_DAILY', 'QUOTA_WEEKLY'] as const;
type Window = (typeof WINDOWS)[number];

/**
 * The rules of section 5 read aloud: it keeps everything that ever happened to a user and looks at all of it, each time.
 * Operations that cost several are several. No totals, no numbers carried on.
 */
export class NaiveUser {
  readonly #operations: number[] = [];
  readonly #admissions: number[] = [];
  readonly #exceeded: number[] = [];
  readonly #cooldowns: { from: number; until: number }[] = [];
  readonly #effects: Effect[] = [];

  ask(terms: AdmissionTerms, now: number): NaiveAnswer {
    const basic = terms.role === 'basic';
    const owed = this.#effects.findLast(({ at, role }) => at > terms.appliedAt && role === terms.role);
    const idle = this.#idle(terms, owed, now);
    const owes = owed?.kind === 'idle' && !idle ? undefined : owed;
    const review = basic && (terms.reviewOpen || owes?.kind === 'review');
    const cooldown = basic ? this.#cooldowns.find(({ until }) => until > now) : undefined;
    const held = idle !== undefined || review || cooldown !== undefined || owes?.kind === 'suspend';

    const full = WINDOWS.filter((window) => this.#exceeds(window, terms, now, terms.cost));
    const rung = full.length === 0 ? undefined : this.#rung(full, terms, now);
    const step = rung === undefined ? undefined : terms.quota?.rungs[rung - 1];
    const lastAt = this.#admissions.at(-1);
    const paced = step?.action === 'rate_limit' && lastAt !== undefined ? lastAt + (step.everyMs ?? 0) : 0;
    const refuses = step !== undefined && refusesBy(step, paced > now);
    const admitted = !held && !refuses && terms.causesAfter.length === 0;
    const action = refuses && !held ? step.action : undefined;

    if (full.length > 0 && !held && basic) this.#exceeded.push(now);
    if (action === 'cooldown') this.#cooldowns.push({ from: now, until: now + (step?.forMs ?? 0) });
    const begun = action === undefined ? undefined : this.#begin(action, terms, now);
    if (admitted) {
      this.#admissions.push(now);
      if (terms.counted) for (let n = 0; n < terms.cost; n += 1) this.#operations.push(now);
    }

    const room = this.#roomFor(terms, now, terms.cost);
    const stays = review || action === 'review';
    const cooling = action === 'cooldown' ? now + (step?.forMs ?? 0) : cooldown?.until;
    const bars = full.length > 0 && (refuses || held);
    const letIn = step?.action === 'rate_limit' && refuses ? Math.min(paced, room ?? Infinity) : room;
    const waits = [idle ?? 0, cooling ?? 0, refuses ? (letIn ?? Infinity) : 0].reduce((a, b) => Math.max(a, b));
    const reset = Math.max(idle ?? 0, bars ? (room ?? Infinity) : 0);
    const causes = [
      ...(idle === undefined ? [] : ['USER_IDLE' as const]),
      ...(bars ? full : []),
      ...(cooling === undefined ? [] : ['QUOTA_COOLDOWN' as const]),
      ...(stays ? ['QUOTA_REVIEW' as const] : []),
      ...(owes?.kind === 'suspend' && !bars ? ['SUBSCRIPTION_SUSPENDED' as const] : []),
      ...terms.causesAfter.map(({ reason }) => reason),
    ];
    return {
      admitted,
      causes: ORDER.filter((each) => causes.includes(each)),
      warnings: admitted ? this.#warnings(terms, now) : [],
      rung: full.length > 0 && !held ? rung : undefined,
      action: full.length > 0 && !held ? (step?.action ?? 'warn') : undefined,
      effect: owes ?? begun,
      endsIdle: !held && terms.idle !== undefined && terms.idle.until > now,
      resetAt: stays || reset === 0 || reset === Infinity ? undefined : reset,
      retryAt: stays || terms.causesAfter.length > 0 || waits === 0 || waits === Infinity ? undefined : waits,
    };
  }

  /** Until when idle bars; undefined: it does not. */
  #idle(terms: AdmissionTerms, owed: Effect | undefined, now: number): number | undefined {
    const untils = [terms.idle?.until, owed?.kind === 'idle' ? owed.until : undefined].filter(
      (until) => until !== undefined && until > now,
    ) as number[];
    if (untils.length === 0) return undefined;
    const lifted = terms.role !== 'guest' && this.#roomFor(terms, now, 1) === now;
    return lifted ? undefined : Math.max(...untils);
  }

  #begin(action: RungTerms['action'], terms: AdmissionTerms, now: number): Effect | undefined {
    const identity = { at: Math.max(now, terms.appliedAt + 1), role: terms.role };
    if (action === 'review') return this.#owe({ ...identity, kind: 'review' });
    if (action === 'suspend_subscription' && terms.suspendable) return this.#owe({ ...identity, kind: 'suspend' });
    if (action !== 'idle') return undefined;
    const own = terms.role === 'guest' ? this.#roomFor(terms, now, terms.cost) : undefined;
    const until = own ?? this.#roomFor(terms, now, 1);
    return until === undefined || until <= now ? undefined : this.#owe({ ...identity, kind: 'idle', until });
  }

  #owe(effect: Effect): Effect {
    this.#effects.push(effect);
    return effect;
  }

  #max(window: Window, { quota }: AdmissionTerms): number {
    return ((window === 'QUOTA_DAILY' ? quota?.daily : quota?.weekly) ?? Infinity) + (quota?.grace ?? 0);
  }

  /** Operations that count in the window of a moment. */
  #used(window: Window, { timeZone }: AdmissionTerms, at: number): number[] {
    if (window === 'QUOTA_WEEKLY') return this.#operations.filter((each) => each > at - WEEK);
    const { date } = naiveDay(at, timeZone);
    return this.#operations.filter((each) => naiveDay(each, timeZone).date === date);
  }

  #excess(window: Window, terms: AdmissionTerms, at: number, cost: number): number {
    return this.#used(window, terms, at).length + cost - this.#max(window, terms);
  }

  #forgives(window: Window, terms: AdmissionTerms, at: number): boolean {
    const { forgivenAt, role, timeZone } = terms;
    if (forgivenAt === undefined || role !== 'basic') return false;
    if (window === 'QUOTA_DAILY') return naiveDay(forgivenAt, timeZone).date === naiveDay(at, timeZone).date;
    const then = this.#used(window, terms, at).filter((each) => each <= forgivenAt);
    return then.length + 1 > this.#max(window, terms);
  }

  #exceeds(window: Window, terms: AdmissionTerms, at: number, cost: number): boolean {
    return this.#excess(window, terms, at, cost) > 0 && !this.#forgives(window, terms, at);
  }

  /** The first moment at which neither window is exceeded by the cost; only where a day begins or an operation leaves can that be. */
  #roomFor(terms: AdmissionTerms, now: number, cost: number): number | undefined {
    if (!terms.quota) return now;
    const day = naiveDay(now, terms.timeZone);
    const moments = [now, day.end, ...this.#operations.map((each) => each + WEEK)].filter((at) => at >= now);
    return moments
      .sort((a, b) => a - b)
      .find((at) => WINDOWS.every((window) => !this.#exceeds(window, terms, at, cost)));
  }

  #rung(full: readonly Window[], terms: AdmissionTerms, now: number): number {
    const today = naiveDay(now, terms.timeZone).date;
    const isMet = ({ overDaily, overWeekly, times, withinMs }: RungTerms) => {
      const far = full.some(
        (window) => this.#excess(window, terms, now, terms.cost) >= (window === 'QUOTA_DAILY' ? overDaily : overWeekly),
      );
      const firsts = new Map<string, number>();
      for (const at of this.#exceeded) {
        const { date } = naiveDay(at, terms.timeZone);
        if (!firsts.has(date)) firsts.set(date, at);
      }
      const days = [...firsts].filter(([date, at]) => date !== today && at > now - withinMs);
      return far && days.length + 1 >= times;
    };
    const rungs = terms.quota?.rungs ?? [];
    return rungs.reduce((highest, rung, index) => (isMet(rung) ? index + 1 : highest), 0);
  }

  /** Read after the operation has been kept. */
  #warnings(terms: AdmissionTerms, now: number): string[] {
    const { quota, cost, counted, warningShare } = terms;
    if (!quota) return [];
    return WINDOWS.flatMap((window) => {
      const after = this.#used(window, terms, now).length + (counted ? 0 : cost);
      const limit = window === 'QUOTA_DAILY' ? quota.daily : quota.weekly;
      if (after > limit + quota.grace) return [`${window}_EXCEEDED`];
      if (after > limit) return [`${window}_GRACE`];
      return after * 10 >= limit * warningShare * 10 ? [`${window}_NEAR`] : [];
    });
  }
}

function refusesBy({ action, bars }: RungTerms, tooSoon: boolean): boolean {
  if (action === 'warn') return false;
  if (action === 'rate_limit') return tooSoon;
  return action === 'restrict' ? bars : true;
}
