import type { Effect } from '../session/state.ts';
import type { UserContext, UserEvent } from './commands.ts';
import { refuse, type Verdict } from './decision.ts';
import type { Ledger } from './ledger.ts';
import type { UserState } from './state.ts';
import { suspended } from './suspend.ts';

/**
 * Takes in the effect of an admission (S-4, S-8), once: one that is not later than the latest taken in changes nothing.
 * It comes after its admission and may come late, so it can come to nothing: the role is another meanwhile, the idle
 * is over, or the user is as it would have it.
 */
export function decideEnforce(ledger: Ledger, effect: Effect, context: UserContext): Verdict {
  if (effect.at <= (ledger.state.enforcement?.appliedAt ?? 0)) return undefined;
  const event = effect.role === ledger.state.role ? changeBy(effect, ledger.state, context) : undefined;
  ledger.add(event ?? { type: 'EffectVoided', effectAt: effect.at });
  return undefined;
}

function changeBy(effect: Effect, state: UserState, context: UserContext): UserEvent | undefined {
  const { now } = context;
  const { at: effectAt } = effect;
  switch (effect.kind) {
    case 'idle':
      if (effect.until <= now || (state.idle && state.idle.until >= effect.until)) return undefined;
      return { type: 'UserIdled', at: now, until: effect.until, effectAt };
    case 'review':
      return state.enforcement?.review ? undefined : { type: 'ReviewOpened', at: now, effectAt };
    case 'suspend': {
      const { subscription } = state;
      if (!subscription || subscription.holds.some(({ reason }) => reason === 'partner_rule')) return undefined;
      return { ...suspended(state, 'partner_rule', context), effectAt };
    }
    default:
      return effect satisfies never;
  }
}

/** Forgives the windows as they stand (domain §9). */
export function decideClearReview(ledger: Ledger, context: UserContext): Verdict {
  if (!ledger.state.enforcement?.review) {
    return { refusal: refuse('NO_REVIEW_PENDING', { kind: 'review' }, ledger.state, context), kept: false };
  }
  ledger.add({ type: 'ReviewCleared', cause: 'admin', at: context.now });
  return undefined;
}

/** Nothing for a user that is not idle, and for a guest: its idle ends by reset or R-6 only (S-5). */
export function decideEndIdle(ledger: Ledger): Verdict {
  const { role, idle } = ledger.state;
  if (idle && role !== 'guest') ledger.add({ type: 'IdleEnded', cause: 'limit-raised' });
  return undefined;
}
