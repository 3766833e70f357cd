import { SUBSCRIBER_ROLES } from '../values.ts';
import { error, fields, pointer, present, warning, type Finding } from './finding.ts';
import { GUARD_DEPTH_MAX, GUARDED_STEPS, guardsOf, type GuardedStep } from './guard-walk.ts';
import type { Subject } from './policy-subject.ts';

/** the conditions that each step may have. */
const CONDITIONS: Readonly<Record<GuardedStep, { readonly level: string; readonly others: ReadonlySet<string> }>> = {
  basic_to_advanced: { level: 'advanced', others: new Set(['plan', 'approval', 'activity', 'transaction_volume']) },
  advanced_to_company: { level: 'business', others: new Set(['onboarding', 'approval']) },
};

export function guards(subject: Subject): readonly Finding[] {
  return guardsOf(subject.source).flatMap(({ step, guard, path, depth }) => {
    if (depth > GUARD_DEPTH_MAX) return [error('R-7', path, `conditions are nested at most ${GUARD_DEPTH_MAX} deep`)];
    const { level, others } = CONDITIONS[step];
    const foreign = fields(guard)
      .filter(([name]) => name !== 'any_of' && name !== 'all_of' && name !== 'verification' && !others.has(name))
      .map(([name]) => error('R-7', `${path}/${name}`, `\`${name}\` is no condition of ${step}`));
    const wrongLevel =
      guard.verification !== undefined && guard.verification !== level
        ? [error('R-7', `${path}/verification`, `${step} is guarded by the level \`${level}\``)]
        : [];
    return [...foreign, ...wrongLevel, ...heldPlan(subject, step, guard.plan, `${path}/plan`)];
  });
}

/** A plan that a step asks for exists, and the role that is left may hold it. */
function heldPlan(subject: Subject, step: GuardedStep, plan: string | undefined, path: string): Finding[] {
  if (plan === undefined) return [];
  if (!subject.plans.has(plan)) return [error('R-7', path, `there is no plan \`${plan}\``)];
  return holders(subject, plan).has(step === 'basic_to_advanced' ? 'basic' : 'advanced')
    ? []
    : [warning('R-7', path, `no user before this step may hold the plan \`${plan}\``)];
}

/** the plan to which a role is tied exists, and the role may hold it. */
export function steps(subject: Subject): readonly Finding[] {
  return GUARDED_STEPS.flatMap((step) => {
    const plan = subject.source.transitions?.[step]?.tied_to;
    const path = pointer('transitions', step, 'tied_to');
    if (plan === undefined) return [];
    if (!subject.plans.has(plan)) return [error('R-8', path, `there is no plan \`${plan}\``)];
    const role = step === 'basic_to_advanced' ? 'advanced' : 'company';
    return holders(subject, plan).has(role)
      ? []
      : [error('R-8', path, `the role \`${role}\` may not hold \`${plan}\``)];
  });
}

/** Roles that may hold a plan (B-3). An upgrade never takes a plan away, so higher roles count even where it is `exact`. */
function holders({ source }: Subject, planId: string): ReadonlySet<string> {
  const named = present(source.plans)
    .filter(([, plan]) => plan.id === planId)
    .flatMap(([, plan]) => present(plan.available_for).map(([, role]) => SUBSCRIBER_ROLES.indexOf(role)));
  const lowest = named.length === 0 ? 0 : Math.min(...named);
  return new Set(SUBSCRIBER_ROLES.slice(lowest));
}
