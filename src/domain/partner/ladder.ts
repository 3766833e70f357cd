import { checkedDurationMs } from './duration.ts';
import type { Action, Rung } from './policy.ts';
import type { RungSource } from './policy-source.ts';

/** How far back a rung may look for days on which a limit was exceeded, and so how long they are kept (S-8). */
export const LOOK_BACK_MS_MAX = 90 * 24 * 60 * 60 * 1000;

/** S-4: fixed by the platform. */
export const GUEST_LADDER: readonly Rung[] = [
  { over: { operations: 1 }, times: 1, withinMs: 0, action: { kind: 'idle' } },
];

/** The compiled ladder of a policy; empty by default: exceeding is warned of (S-8). */
export function ladderOf(rungs: readonly RungSource[] = []): readonly Rung[] {
  return rungs.map((rung) => ({
    over: overOf(rung.over),
    times: rung.times ?? 1,
    withinMs: (rung.times ?? 1) === 1 || rung.within === undefined ? 0 : checkedDurationMs(rung.within),
    action: actionOf(rung),
  }));
}

/** Of `10 operations` or `25 %`, as the schema has let it through; at all by default. */
export function overOf(text: string | undefined): Rung['over'] {
  if (text === undefined) return { operations: 1 };
  const count = Number.parseInt(text, 10);
  return text.endsWith('%') ? { percent: count } : { operations: count };
}

function actionOf({ action, every, for: lasting, permissions }: RungSource): Action {
  switch (action) {
    case 'rate_limit':
      return { kind: action, everyMs: checkedDurationMs(every ?? '') };
    case 'cooldown':
      return { kind: action, forMs: checkedDurationMs(lasting ?? '') };
    case 'restrict':
      return { kind: action, permissions: new Set(permissions) };
    case 'warn':
    case 'review':
    case 'suspend_subscription':
    case 'idle':
      return { kind: action };
    default:
      return action satisfies never;
  }
}
