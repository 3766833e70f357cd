import { ROLES, type Role } from '../values.ts';
import { fields, present } from './finding.ts';
import type { Draft, PlatformSource, PolicySource } from './policy-source.ts';

/** What the cross checks read: the source, the platform, and the names that the source defines. */
export interface Subject {
  readonly source: Draft<PolicySource>;
  readonly platform: PlatformSource;
  readonly rolesEnabled: ReadonlySet<Role>;
  readonly permissions: ReadonlySet<string>;
  readonly features: ReadonlySet<string>;
  readonly plans: ReadonlySet<string>;
}

export function subjectOf(source: Draft<PolicySource>, platform: PlatformSource): Subject {
  return {
    source,
    platform,
    rolesEnabled: new Set(source.roles?.enabled ? present(source.roles.enabled).map(([, role]) => role) : ROLES),
    permissions: new Set([
      ...Object.keys(platform.permissions),
      ...fields(source.permissions?.own).map(([name]) => name),
    ]),
    features: new Set(fields(source.features).map(([name]) => name)),
    plans: new Set(present(source.plans).flatMap(([, plan]) => plan.id ?? [])),
  };
}
