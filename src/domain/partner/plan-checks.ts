import { durationMs } from './duration.ts';
import { error, pointer, present, warning, type Finding } from './finding.ts';
import type { Draft, PlanSource } from './policy-source.ts';
import type { Subject } from './policy-subject.ts';

export function planIds({ source }: Subject): readonly Finding[] {
  const first = new Map<string, number>();
  return present(source.plans).flatMap(([index, plan]) => {
    if (plan.id === undefined) return [];
    const earlier = first.get(plan.id);
    if (earlier === undefined) {
      first.set(plan.id, index);
      return [];
    }
    return [
      error('B-9', pointer('plans', index, 'id'), `plan \`${plan.id}\` is defined already, as number ${earlier + 1}`),
    ];
  });
}

export function planEntitlements(subject: Subject): readonly Finding[] {
  return present(subject.source.plans).flatMap(([index, plan]) => {
    const at = ['plans', index, 'entitlements'] as const;
    const given = plan.entitlements;
    return [
      ...present(given?.features)
        .filter(([, name]) => !subject.features.has(name))
        .map(([item, name]) => error('B-12', pointer(...at, 'features', item), `there is no feature \`${name}\``)),
      ...present(given?.permissions)
        .filter(([, name]) => !subject.permissions.has(name))
        .map(([item, name]) =>
          error('B-12', pointer(...at, 'permissions', item), `nobody defines the permission \`${name}\``),
        ),
      ...planQuotas(subject, index, plan),
      ...planSessions(subject, index, plan),
    ];
  });
}

/** S-7: a plan raises quotas, nothing lowers them. */
function planQuotas({ platform }: Subject, index: number, plan: Draft<PlanSource>): Finding[] {
  const given = plan.entitlements?.quotas;
  const limits = platform.quotas.basic;
  const at = (field: string) => pointer('plans', index, 'entitlements', 'quotas', field);
  const lowered = (['daily', 'weekly'] as const).flatMap((window) => {
    const limit = given?.[window];
    return limit !== undefined && limit < limits[window]
      ? [error('S-7', at(window), `${limit} lowers the limit of ${limits[window]}; a plan only raises it`)]
      : [];
  });
  const weekly = given?.weekly ?? limits.weekly;
  return given?.daily !== undefined && given.daily > weekly
    ? [...lowered, warning('S-7', at('daily'), `the limit of ${weekly} in 7 days is met before ${given.daily} a day`)]
    : lowered;
}

/** S-6: a plan lengthens the timeout of basic users. */
function planSessions({ source, platform }: Subject, index: number, plan: Draft<PlanSource>): Finding[] {
  const given = plan.entitlements?.sessions?.inactivity_timeout;
  if (given === undefined) return [];
  const standing = source.sessions?.basic?.inactivity_timeout ?? platform.sessions.basic.inactivity_timeout;
  return (durationMs(given) ?? 0) < (durationMs(standing) ?? 0)
    ? [
        error(
          'S-6',
          pointer('plans', index, 'entitlements', 'sessions', 'inactivity_timeout'),
          `${given} shortens the timeout of ${standing}; a plan only lengthens it`,
        ),
      ]
    : [];
}

export function subscription({ source }: Subject): readonly Finding[] {
  const given = source.subscription;
  return given?.switch_needs_code === true && given.switching !== true
    ? [error('B-8', '/subscription/switch_needs_code', '`switch_needs_code` without `switching: true`')]
    : [];
}
