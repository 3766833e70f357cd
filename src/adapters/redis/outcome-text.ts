import type { Cause } from '../../domain/errors.ts';
import { admissionOf } from '../../domain/session/admission.ts';
import type { Judgement } from '../../domain/session/judge.ts';
import {
  NO_STANDING,
  type Admission,
  type AdmissionTerms,
  type Effect,
  type Lift,
  type RungTerms,
  type SessionEnd,
} from '../../domain/session/state.ts';
import type { WindowUse } from '../../domain/session/windows.ts';
import type { Millis, PlanId } from '../../domain/values.ts';
import type { AdmitOutcome } from '../../ports/admission-store.ts';
import { actionOfLetter, roleOfLetter } from './terms-text.ts';

/** What a script answered: an outcome and the store's clock where it told it, or the moment whose day it has to be told. */
export type ScriptAnswer =
  | { readonly kind: 'outcome'; readonly outcome: AdmitOutcome; readonly storeAt?: Millis }
  | { readonly kind: 'day-unknown'; readonly at: Millis };

/** What `admissionOf` reads of the terms. */
type Words = Pick<
  AdmissionTerms,
  'quota' | 'warningShare' | 'counted' | 'cost' | 'lifts' | 'causesBefore' | 'causesAfter'
>;

/** `terms`: those that the script was asked with. Throws RangeError for what no script answers. */
export function readAnswer(text: string, terms: AdmissionTerms): ScriptAnswer {
  switch (text.charAt(0)) {
    case 'P':
      return first(plainJudgement(text.slice(1).split(','), terms), terms);
    case 'T':
      return first(judgementOf(text.slice(1).split(',')), terms);
    case 'D':
      return { kind: 'day-unknown', at: Number(text.slice(1)) };
    default:
      return { kind: 'outcome', outcome: readRepeat(text) };
  }
}

/** The outcome of an operation_id that was used before. */
export function readRepeat(text: string): AdmitOutcome {
  if (text === 'K') return { kind: 'key-reused' };
  return { kind: 'replay', admission: storedAdmission(text.slice(1, 2), text.slice(2)) };
}

interface Judged {
  readonly judgement: Judgement;
  readonly storeAt: Millis;
}

function first({ judgement, storeAt }: Judged, terms: AdmissionTerms): ScriptAnswer {
  return { kind: 'outcome', outcome: { kind: 'first', admission: admissionOf(judgement, terms) }, storeAt };
}

function storedAdmission(kind: string, text: string): Admission {
  if (kind === 'J') return JSON.parse(text) as Admission;
  const [numbers = '', words = '', lifts = '', ...causes] = text.split('|');
  const fields = numbers.split(',');
  const terms = wordsOf(words.split(','), lifts, causes.join('|'));
  if (kind === 'P') return admissionOf(plainJudgement(fields, terms).judgement, terms as AdmissionTerms);
  if (kind !== 'T') throw new RangeError(`no such kind of answer in the store: ${kind}`);
  const { judgement } = judgementOf(fields);
  const actions = judgement.rung && fields[11] ? actionAt(judgement.rung, fields[11]) : [];
  const acted = terms.quota ? { ...terms, quota: { ...terms.quota, rungs: actions } } : terms;
  return admissionOf(judgement, acted as AdmissionTerms);
}

/** What was kept as admitted within both windows was so with the grace of then. */
const ENOUGH = Number.MAX_SAFE_INTEGER;

function wordsOf(
  [share, daily, weekly, counted, cost]: readonly (string | undefined)[],
  lifts: string,
  causes: string,
): Words {
  const [causesBefore, causesAfter] = causes === '' ? [[], []] : (JSON.parse(causes) as [Cause[], Cause[]]);
  return {
    ...(daily !== '' && {
      quota: { daily: Number(daily), weekly: Number(weekly), grace: ENOUGH, rungs: [], standing: false },
    }),
    warningShare: Number(share),
    counted: counted === '1',
    cost: Number(cost),
    lifts: lifts === '' ? [] : lifts.split(' ').map(liftOf),
    causesBefore,
    causesAfter,
  };
}

function liftOf(text: string): Lift {
  if (text === 'v') return { kind: 'verification', level: 'basic' };
  return text === 'r' ? { kind: 'review' } : { kind: 'plan', planId: text.slice(1) as PlanId };
}

/** A ladder that has an action in one place, and nothing that matters in the others. */
function actionAt(place: number, letter: string): readonly RungTerms[] {
  const rung = { overDaily: 1, overWeekly: 1, times: 1, withinMs: 0, action: actionOfLetter(letter), bars: false };
  return Array.from({ length: place }, () => rung);
}

/** Admitted within both windows. */
function plainJudgement(fields: readonly string[], { quota, cost }: Pick<Words, 'quota' | 'cost'>): Judged {
  const number = (n: number): number => Number(fields[n]);
  const at = number(0);
  const expiresLeft = number(6);
  const use = (n: number, limit: number, grace: number): WindowUse => ({
    used: number(n),
    excess: number(n) + cost - limit - grace,
    fitsAt: at,
    forgivenUntil: 0,
    resetsAt: at + number(n + 1),
  });
  return {
    storeAt: at - number(1),
    judgement: {
      at,
      admitted: true,
      ...(expiresLeft > 0 && { sessionExpiresAt: at + expiresLeft - 1 }),
      ...(quota && { uses: { daily: use(2, quota.daily, quota.grace), weekly: use(4, quota.weekly, quota.grace) } }),
      review: false,
      suspending: false,
      windowsBar: false,
      endsIdle: false,
      standing: NO_STANDING,
    },
  };
}

const BARS: Readonly<Record<string, 'unknown' | SessionEnd>> = {
  u: 'unknown',
  l: 'logout',
  r: 'replaced',
  t: 'lifetime',
  i: 'inactivity',
};

/** The numbers of judge.lua, in its order. */
function judgementOf(fields: readonly string[]): Judged {
  const number = (n: number): number => Number(fields[n]);
  const present = (n: number): boolean => fields[n] !== undefined && fields[n] !== '';
  const flag = (n: number): boolean => fields[n] === '1';
  const bar = BARS[fields[3] ?? ''];
  const use = (n: number): WindowUse => ({
    used: number(n),
    excess: number(n + 1),
    ...(present(n + 2) && { fitsAt: number(n + 2) }),
    forgivenUntil: number(n + 3),
    resetsAt: number(n + 4),
  });
  return {
    storeAt: number(0) - number(1),
    judgement: {
      at: number(0),
      admitted: flag(2),
      ...(bar !== undefined && { session: bar }),
      ...(present(4) && { sessionExpiresAt: number(4) }),
      ...(present(5) && { idleUntil: number(5) }),
      review: flag(6),
      ...(present(7) && { cooldownUntil: number(7) }),
      suspending: flag(8),
      windowsBar: flag(9),
      ...(present(10) && { rung: number(10) }),
      ...(present(12) && { pacedUntil: number(12) }),
      ...(present(13) && { resetAt: number(13) }),
      ...(present(14) && { retryAt: number(14) }),
      ...(present(15) && { effect: effectOf(fields) }),
      endsIdle: flag(19),
      ...(present(20) && { uses: { daily: use(20), weekly: use(25) } }),
      standing: NO_STANDING,
    },
  };
}

function effectOf(fields: readonly string[]): Effect {
  const identity = { at: Number(fields[17]), role: roleOfLetter(fields[16] ?? '') };
  if (fields[15] === 'i') return { ...identity, kind: 'idle', until: Number(fields[18]) };
  return { ...identity, kind: fields[15] === 'r' ? 'review' : 'suspend' };
}
