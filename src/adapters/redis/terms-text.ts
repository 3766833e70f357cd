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

/** The terms as judge.lua reads them: words|numbers|days and what is special|rungs|words of a refusal. */
export function termsText(terms: AdmissionTerms, { from, end, beforeFrom, afterEnd }: Days): string {
  const { quota, role, cost, counted, sessionRules, idle, forgivenAt = 0, appliedAt } = terms;
  const { lifetimeMs = '', inactivityMs = '', openMax = '' } = sessionRules;
  const words = `${terms.warningShare},${quota?.daily ?? ''},${quota?.weekly ?? ''},${bit(counted)},${cost}`;
  const isBarred = terms.causesBefore.length > 0 || terms.causesAfter.length > 0;
  const barred = `${bit(terms.causesBefore.length > 0)}${bit(terms.causesAfter.length > 0)}`;
  const lasting = quota?.standing === true;
  const holds = `${bit(idle?.liftable ?? lasting)}${bit(terms.reviewOpen)}${bit(terms.suspendable)}`;
  const isSpecial = idle !== undefined || forgivenAt > 0 || appliedAt > 0;
  const isPlain = !isBarred && !isSpecial && !terms.reviewOpen;
  const flags = `${bit(isPlain)}${bit(quota !== undefined)}${bit(lasting)}${bit(counted)}${barred}${holds}${bit(isSpecial)}${ROLE_LETTERS[role]}`;
  const limits = quota ? `${quota.daily + quota.grace},${quota.weekly + quota.grace}` : ',';
  const special = `${beforeFrom},${afterEnd},${idle?.until ?? 0},${forgivenAt},${appliedAt}`;
  const rungs = quota ? quota.rungs.map(rungText).join('') : '';
  return `${words}|${flags},${cost},${limits},${lifetimeMs},${inactivityMs},${openMax},${from},${end}|${special}|${rungs}|${refusalWords(terms)}`;
}

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
