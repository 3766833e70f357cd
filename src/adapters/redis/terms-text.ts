import { dayBounds } from '../../domain/calendar.ts';
import type { AdmissionTerms, Lift, RungTerms } from '../../domain/session/state.ts';
import type { Millis, Role } from '../../domain/values.ts';

/** The day at hand, as far as this process knows the store's clock, and the days before and after it. */
export interface Days {
  readonly from: Millis;
  readonly end: Millis;
  readonly beforeFrom: Millis;
  readonly afterEnd: Millis;
}

const known = new Map<string, Days>();
/** Days kept, one a zone: the IANA database has some 600 names. */
const ZONES_KEPT_MAX = 1024;

export function daysAround(at: Millis, timeZone: string): Days {
  const kept = known.get(timeZone);
  if (kept && kept.from <= at && at < kept.end) return kept;
  const { start: from, end } = dayBounds(at, timeZone);
  const days = {
    from,
    end,
    beforeFrom: dayBounds(from - 1, timeZone).start,
    afterEnd: dayBounds(end, timeZone).end,
  };
  if (known.size >= ZONES_KEPT_MAX) known.clear();
  known.set(timeZone, days);
  return days;
}

const ROLE_LETTERS: Readonly<Record<Role, string>> = {
  guest: 'g',
  basic: 'b',
  advanced: 'a',
  company: 'c',
  admin: 'm',
};
const ROLES_BY_LETTER = new Map(Object.entries(ROLE_LETTERS).map(([role, letter]) => [letter, role as Role]));
const ACTION_LETTERS: Readonly<Record<RungTerms['action'], string>> = {
  warn: 'w',
  rate_limit: 'l',
  restrict: 'b',
  cooldown: 'c',
  review: 'r',
  suspend_subscription: 's',
  idle: 'i',
};
const ACTIONS_BY_LETTER = new Map(
  Object.entries(ACTION_LETTERS).map(([action, letter]) => [letter, action as RungTerms['action']]),
);

export const roleOfLetter = (letter: string): Role => ROLES_BY_LETTER.get(letter) ?? unknownLetter(letter);
export const actionOfLetter = (letter: string): RungTerms['action'] =>
  ACTIONS_BY_LETTER.get(letter) ?? unknownLetter(letter);

function unknownLetter(letter: string): never {
  throw new RangeError(`no such letter in an answer of the store: ${letter}`);
}

const bit = (flag: boolean): string => (flag ? '1' : '0');

/** What the texts of an answer need of the terms. */
export function wordsText({ warningShare, quota, counted, cost }: AdmissionTerms): string {
  return `${warningShare},${quota?.daily ?? ''},${quota?.weekly ?? ''},${bit(counted)},${cost},${bit(quota?.standing ?? false)}`;
}

/** The terms as terms.lua reads them: flags, numbers, and a text of what is special, the rungs, and the words of a refusal. */
export function termsText(terms: AdmissionTerms, { from, end, beforeFrom, afterEnd }: Days): string {
  const {
    quota,
    role,
    cost,
    counted,
    sessionRules,
    idle,
    forgivenAt = 0,
    appliedAt,
    causesBefore,
    causesAfter,
  } = terms;
  const { lifetimeMs, inactivityMs, openMax } = sessionRules;
  const barred = `${bit(causesBefore.length > 0)}${bit(causesAfter.length > 0)}`;
  const lasting = quota?.standing === true;
  const holds = `${bit(idle?.liftable ?? lasting)}${bit(terms.reviewOpen)}${bit(terms.suspendable)}`;
  const isSpecial = idle !== undefined || forgivenAt > 0 || appliedAt > 0;
  const isPlain = barred === '00' && !isSpecial && !terms.reviewOpen;
  const flags = `${bit(isPlain)}${bit(quota !== undefined)}${bit(lasting)}${bit(counted)}${barred}${holds}${bit(isSpecial)}${ROLE_LETTERS[role]}`;
  const limits = quota ? sevens(quota.daily + quota.grace) + sevens(quota.weekly + quota.grace) : NO_LIMITS;
  const rules = ruleSevens(lifetimeMs) + ruleSevens(inactivityMs) + ruleSevens(openMax);
  const special = `${Math.max(0, beforeFrom)},${Math.max(0, afterEnd)},${idle?.until ?? 0},${forgivenAt},${appliedAt}`;
  const rungs = quota ? quota.rungs.map(rungText).join('') : '';
  return `${flags}${sevens(cost)}${limits}${rules}${sevens(from)}${sevens(end)}${special}|${rungs}|${refusalWords(terms)}`;
}

/** A number below 2^49 in 7 characters of 7 bits, as terms-numbers.lua reads it; of a moment before 1970, where no clock is, 0. */
export function sevens(number: number): string {
  if (number <= 0) return ZERO;
  if (number >= SEVENS_END) throw new RangeError(`too large for the terms of an admission: ${number}`);
  return String.fromCharCode(
    number / 2 ** 42,
    (number / 2 ** 35) & 127,
    (number / 2 ** 28) & 127,
    (number / 2 ** 21) & 127,
    (number / 2 ** 14) & 127,
    (number / 2 ** 7) & 127,
    number & 127,
  );
}

const SEVENS_END = 2 ** 49;
const ZERO = '\0'.repeat(7);
const NO_LIMITS = ZERO + ZERO;

/** 0: absent; else one more. */
const ruleSevens = (rule: number | undefined): string => (rule === undefined ? ZERO : sevens(rule + 1));

function rungText({ overDaily, overWeekly, times, withinMs, action, everyMs, forMs, bars }: RungTerms): string {
  return `${overDaily},${overWeekly},${times},${withinMs},${ACTION_LETTERS[action]},${everyMs ?? forMs ?? ''},${bit(bars)};`;
}

function refusalWords({ lifts, causesBefore, causesAfter }: AdmissionTerms): string {
  const causes = causesBefore.length + causesAfter.length > 0 ? JSON.stringify([causesBefore, causesAfter]) : '';
  return `${lifts.map(liftText).join(' ')}|${causes}`;
}

function liftText(lift: Lift): string {
  switch (lift.kind) {
    case 'verification':
      return 'v';
    case 'plan':
      return `p${lift.planId}`;
    case 'review':
      return 'r';
    default:
      return lift satisfies never;
  }
}
