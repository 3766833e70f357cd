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

/** Where the parts of an answer stand (answer.lua). */
const AT = 1;
const FRONT_BYTES = 7;
const PLAIN_BYTES = 29;
const HASH_BYTES = 12;
const MOMENT_BYTES = 6;

const [PLAIN, JUDGED, GIVEN, BEHIND, DAY_UNKNOWN, REPEAT, KEY_REUSED] = Buffer.from('PTJBDrK');

/** `terms`: those that the script was asked with. Throws RangeError for what no script replies. */
export function readReply(reply: Buffer, terms: AdmissionTerms): ScriptAnswer {
  switch (reply[0]) {
    case PLAIN:
    case JUDGED:
      return first(reply, 0, terms);
    case BEHIND:
      return first(reply.subarray(AT + MOMENT_BYTES), reply.readUIntBE(AT, MOMENT_BYTES), terms);
    case DAY_UNKNOWN:
      return { kind: 'day-unknown', at: Number(reply.toString('latin1', 1)) };
    default:
      return { kind: 'outcome', outcome: readRepeat(reply) };
  }
}

/** The outcome of an operation_id that was used before. */
export function readRepeat(reply: Buffer): AdmitOutcome {
  if (reply[0] === KEY_REUSED) return { kind: 'key-reused' };
  if (reply[0] !== REPEAT) throw new RangeError(`no such reply of a script: ${reply[0]}`);
  return { kind: 'replay', admission: storedAdmission(reply.subarray(1)) };
}

function first(answer: Buffer, skewMs: number, terms: AdmissionTerms): ScriptAnswer {
  const judgement = answer[0] === PLAIN ? plainJudgement(answer, terms) : judgementOf(answer, partsOf(answer)[1]);
  return {
    kind: 'outcome',
    outcome: { kind: 'first', admission: admissionOf(judgement, terms) },
    storeAt: judgement.at - skewMs,
  };
}

function storedAdmission(answer: Buffer): Admission {
  switch (answer[0]) {
    case PLAIN: {
      const terms = wordsOf(answer.toString('utf8', PLAIN_BYTES + HASH_BYTES), '', '');
      return admissionOf(plainJudgement(answer, terms), terms as AdmissionTerms);
    }
    case JUDGED: {
      const [words, numbers, lifts, causes] = partsOf(answer);
      const terms = wordsOf(words, lifts, causes);
      const judgement = judgementOf(answer, numbers);
      const letter = numbers.split(',')[ACTION];
      const rungs = judgement.rung && letter ? actionAt(judgement.rung, letter) : [];
      return admissionOf(judgement, {
        ...terms,
        ...(terms.quota && { quota: { ...terms.quota, rungs } }),
      } as AdmissionTerms);
    }
    case GIVEN:
      return JSON.parse(answer.toString('utf8', FRONT_BYTES + HASH_BYTES)) as Admission;
    default:
      throw new RangeError(`no such kind of answer in the store: ${answer[0]}`);
  }
}

/** Words, numbers, lifts and causes of an answer that is not plain. */
function partsOf(answer: Buffer): [words: string, numbers: string, lifts: string, causes: string] {
  const [words = '', numbers = '', lifts = '', ...causes] = answer
    .toString('utf8', FRONT_BYTES + HASH_BYTES)
    .split('|');
  return [words, numbers, lifts, causes.join('|')];
}

/** What was kept as admitted within both windows was so with the grace of then. */
const ENOUGH = Number.MAX_SAFE_INTEGER;

function wordsOf(words: string, lifts: string, causes: string): Words {
  const [share, daily, weekly, counted, cost, standing] = words.split(',');
  const [causesBefore, causesAfter] = causes === '' ? [[], []] : (JSON.parse(causes) as [Cause[], Cause[]]);
  return {
    ...(daily !== '' && {
      quota: { daily: Number(daily), weekly: Number(weekly), grace: ENOUGH, rungs: [], standing: standing === '1' },
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
function plainJudgement(answer: Buffer, { quota, cost }: Pick<Words, 'quota' | 'cost'>): Judgement {
  const at = answer.readUIntBE(AT, MOMENT_BYTES);
  const expiresLeft = answer.readUIntBE(23, MOMENT_BYTES);
  const use = (place: number, limit: number, grace: number): WindowUse => {
    const used = answer.readUInt32BE(place);
    return {
      used,
      excess: used + cost - limit - grace,
      fitsAt: at,
      forgivenUntil: 0,
      resetsAt: at + answer.readUInt32BE(place + 4),
    };
  };
  return {
    at,
    admitted: true,
    ...(expiresLeft > 0 && { sessionExpiresAt: at + expiresLeft - 1 }),
    ...(quota && { uses: { daily: use(7, quota.daily, quota.grace), weekly: use(15, quota.weekly, quota.grace) } }),
    review: false,
    suspending: false,
    windowsBar: false,
    endsIdle: false,
    standing: NO_STANDING,
  };
}

const BARS: Readonly<Record<string, 'unknown' | SessionEnd>> = {
  u: 'unknown',
  l: 'logout',
  r: 'replaced',
  t: 'lifetime',
  i: 'inactivity',
};

/** Place of the action among the numbers. */
const ACTION = 9;

/** The numbers of judgement-answer.lua, in its order. */
function judgementOf(answer: Buffer, numbers: string): Judgement {
  const fields = numbers.split(',');
  const number = (n: number): number => Number(fields[n]);
  const present = (n: number): boolean => fields[n] !== undefined && fields[n] !== '';
  const flag = (n: number): boolean => fields[n] === '1';
  const bar = BARS[fields[1] ?? ''];
  const use = (n: number): WindowUse => ({
    used: number(n),
    excess: number(n + 1),
    ...(present(n + 2) && { fitsAt: number(n + 2) }),
    forgivenUntil: number(n + 3),
    resetsAt: number(n + 4),
  });
  return {
    at: answer.readUIntBE(AT, MOMENT_BYTES),
    admitted: flag(0),
    ...(bar !== undefined && { session: bar }),
    ...(present(2) && { sessionExpiresAt: number(2) }),
    ...(present(3) && { idleUntil: number(3) }),
    review: flag(4),
    ...(present(5) && { cooldownUntil: number(5) }),
    suspending: flag(6),
    windowsBar: flag(7),
    ...(present(8) && { rung: number(8) }),
    ...(present(10) && { pacedUntil: number(10) }),
    ...(present(11) && { resetAt: number(11) }),
    ...(present(12) && { retryAt: number(12) }),
    ...(present(13) && { effect: effectOf(fields) }),
    endsIdle: flag(17),
    ...(present(18) && { uses: { daily: use(18), weekly: use(23) } }),
    standing: NO_STANDING,
  };
}

function effectOf(fields: readonly string[]): Effect {
  const [kind, role = '', at, until] = fields.slice(13, 17);
  const identity = { at: Number(at), role: roleOfLetter(role) };
  if (kind === 'i') return { ...identity, kind: 'idle', until: Number(until) };
  return { ...identity, kind: kind === 'r' ? 'review' : 'suspend' };
}
