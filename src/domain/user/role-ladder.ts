import type { Role } from '../values.ts';

/** The rungs of the role diagram, lowest first; admin stands beside them. */
const LADDER = ['guest', 'basic', 'advanced', 'company'] as const satisfies readonly Role[];

/** -1 for admin. */
function rungOf(role: Role): number {
  return (LADDER as readonly Role[]).indexOf(role);
}

/** The next role upwards; undefined above company and beside the ladder. */
export function above(role: Role): Role | undefined {
  const rung = rungOf(role);
  return rung < 0 ? undefined : LADDER[rung + 1];
}

/** The next role downwards; undefined below guest and beside the ladder. */
export function below(role: Role): Role | undefined {
  return LADDER[rungOf(role) - 1];
}

/** Whether the move climbs the ladder; never to or from admin. */
export function isUpward(from: Role, to: Role): boolean {
  return rungOf(from) >= 0 && rungOf(to) > rungOf(from);
}

/** Whether the role diagram has this edge: one rung up or down, admin from any role, and from admin to basic. */
export function isEdge(from: Role, to: Role): boolean {
  if (from === to) return false;
  if (from === 'admin') return to === 'basic';
  return to === 'admin' || above(from) === to || below(from) === to;
}

/** The guarded roles up to this one, lowest first; none for guest and admin. */
export function rungsUpTo(role: Role): readonly Role[] {
  return LADDER.slice(1, rungOf(role) + 1);
}
