import { pointer, present } from './finding.ts';
import type { Draft, GuardSource, PolicySource } from './policy-source.ts';

/** Deeper conditions are refused: nobody reads them, and recursion stays bounded. */
export const GUARD_DEPTH_MAX = 8;

export const GUARDED_STEPS = ['basic_to_advanced', 'advanced_to_company'] as const;
export type GuardedStep = (typeof GUARDED_STEPS)[number];

export interface FoundGuard {
  readonly step: GuardedStep;
  readonly guard: Draft<GuardSource>;
  readonly path: string;
  /** 1 for the condition of the step itself. */
  readonly depth: number;
}

/** Every condition of a source, outer ones first, down to one below GUARD_DEPTH_MAX. */
export function guardsOf(source: Draft<PolicySource>): FoundGuard[] {
  return GUARDED_STEPS.flatMap((step) => {
    const guard = source.transitions?.[step]?.guard;
    return guard === undefined ? [] : within({ step, guard, path: pointer('transitions', step, 'guard'), depth: 1 });
  });
}

function within(found: FoundGuard): FoundGuard[] {
  if (found.depth > GUARD_DEPTH_MAX) return [found];
  const inner = (['any_of', 'all_of'] as const).flatMap((list) =>
    present(found.guard[list]).flatMap(([index, guard]) =>
      within({ step: found.step, guard, path: `${found.path}/${list}/${index}`, depth: found.depth + 1 }),
    ),
  );
  return [found, ...inner];
}
