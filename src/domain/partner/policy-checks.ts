import { timeZoneExists } from '../calendar.ts';
import { ROLES, type Role } from '../values.ts';
import { error, fields, pointer, present, warning, type Finding } from './finding.ts';
import { GUARDED_STEPS } from './guard-walk.ts';
import { ladder } from './ladder-checks.ts';
import { planEntitlements, planIds, subscription } from './plan-checks.ts';
import type { Subject } from './policy-subject.ts';
import { guards, steps } from './step-checks.ts';

/** The findings of all cross checks, in no order. */
export function crossFindings(subject: Subject): Finding[] {
  return CHECKS.flatMap((check) => check(subject));
}

const CHECKS: readonly ((subject: Subject) => readonly Finding[])[] = [
  timeZone,
  rolesInUse,
  permissions,
  features,
  planIds,
  planEntitlements,
  ladder,
  subscription,
  guards,
  steps,
];

function timeZone({ source }: Subject): readonly Finding[] {
  if (source.time_zone === undefined || timeZoneExists(source.time_zone)) return [];
  return [error('S-11', '/time_zone', `there is no time zone \`${source.time_zone}\``)];
}

/** a role that is switched off must not be given anything that only entering it would make useful. */
function rolesInUse({ source, rolesEnabled }: Subject): readonly Finding[] {
  const off = (list: readonly (Role | undefined)[] | undefined, ...at: readonly (string | number)[]): Finding[] =>
    present(list)
      .filter(([, role]) => !rolesEnabled.has(role))
      .map(([index, role]) => error('R-2', pointer(...at, index), `role \`${role}\` is switched off`));
  const stepsTo = { basic_to_advanced: 'advanced', advanced_to_company: 'company' } as const;
  return [
    ...present(source.plans).flatMap(([index, plan]) => off(plan.available_for, 'plans', index, 'available_for')),
    ...fields(source.features).flatMap(([name, feature]) => off(feature.roles, 'features', name, 'roles')),
    ...fields(source.permissions?.own).flatMap(([name, own]) => off(own.roles, 'permissions', 'own', name, 'roles')),
    ...GUARDED_STEPS.filter((step) => source.transitions?.[step] && !rolesEnabled.has(stepsTo[step])).map((step) =>
      error('R-2', pointer('transitions', step), `role \`${stepsTo[step]}\` is switched off`),
    ),
    ...unreachable(rolesEnabled).map((role) =>
      warning('R-6', '/roles/enabled', `no step leads to \`${role}\`: the role below it is switched off`),
    ),
  ];
}

/** Roles that are on while the one below them is off; admin is entered from any role. */
function unreachable(rolesEnabled: ReadonlySet<Role>): readonly Role[] {
  const ladderOfRoles = ROLES.filter((role) => role !== 'admin');
  return ladderOfRoles.filter((role, index) => {
    const below = ladderOfRoles[index - 1];
    return below !== undefined && rolesEnabled.has(role) && !rolesEnabled.has(below);
  });
}

function permissions({ source, platform, permissions: defined }: Subject): readonly Finding[] {
  const given = source.permissions;
  return [
    ...fields(given?.overrides)
      .filter(([name]) => !defined.has(name))
      .map(([name]) =>
        error('R-2', pointer('permissions', 'overrides', name), `nobody defines the permission \`${name}\``),
      ),
    ...fields(given?.own)
      .filter(([name]) => Object.hasOwn(platform.permissions, name))
      .map(([name]) =>
        error(
          'R-2',
          pointer('permissions', 'own', name),
          `\`${name}\` is a permission of the platform: override its cells`,
        ),
      ),
    ...present(given?.withheld_while_signing)
      .filter(([, name]) => !defined.has(name))
      .map(([index, name]) =>
        error(
          'R-4',
          pointer('permissions', 'withheld_while_signing', index),
          `nobody defines the permission \`${name}\``,
        ),
      ),
  ];
}

function features({ source, plans }: Subject): readonly Finding[] {
  return fields(source.features).flatMap(([name, feature]) =>
    present(feature.plans)
      .filter(([, plan]) => !plans.has(plan))
      .map(([index, plan]) => error('F-1', pointer('features', name, 'plans', index), `there is no plan \`${plan}\``)),
  );
}
