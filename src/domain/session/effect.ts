import type { Action } from '../partner/policy.ts';
import type { Millis } from '../values.ts';
import type { AdmissionTerms, Effect, OperationLog, Standing } from './state.ts';
import { measure, roomInBothAt, type WindowUses } from './windows.ts';

/** An effect of an earlier admission that the user document has not taken in, and that still means something. */
export function pendingEffect(
  { pending }: Standing,
  terms: Pick<AdmissionTerms, 'appliedAt' | 'role'>,
  now: Millis,
): Effect | undefined {
  if (!pending || pending.at <= terms.appliedAt || pending.role !== terms.role) return undefined;
  return pending.kind === 'idle' && pending.until <= now ? undefined : pending;
}

/** What an action that refuses an operation changes in the user document; undefined: nothing. */
export function effectOf(
  action: Action['kind'],
  log: OperationLog,
  terms: AdmissionTerms,
  uses: WindowUses,
  now: Millis,
): Effect | undefined {
  const identity = { at: Math.max(now, terms.appliedAt + 1), role: terms.role };
  switch (action) {
    case 'idle': {
      const until = idleUntil(log, terms, uses, now);
      return until === undefined || until <= now ? undefined : { ...identity, kind: 'idle', until };
    }
    case 'review':
      return { ...identity, kind: 'review' };
    case 'suspend_subscription':
      return terms.suspendable ? { ...identity, kind: 'suspend' } : undefined;
    case 'warn':
    case 'rate_limit':
    case 'restrict':
    case 'cooldown':
      return undefined;
    default:
      return action satisfies never;
  }
}

/** S-5: a guest until the operation would fit, or one, where that never will; a basic user until one would fit. */
function idleUntil(log: OperationLog, terms: AdmissionTerms, uses: WindowUses, now: Millis): Millis | undefined {
  const reset = terms.quota?.standing === true ? undefined : roomInBothAt(uses, now);
  return reset ?? roomForOneAt(log, terms, now);
}

/** First moment at which both windows have room for one operation; `now` without a quota, undefined for never. */
export function roomForOneAt(log: OperationLog, terms: AdmissionTerms, now: Millis): Millis | undefined {
  return terms.quota ? roomInBothAt(measure(log, terms.quota, { ...terms, cost: 1 }, now), now) : now;
}
