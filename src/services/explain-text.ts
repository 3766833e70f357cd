import type { Decision } from '../domain/decision/decide-check.ts';
import { endOf, stateAt } from '../domain/session/session.ts';
import type { Admission, Enforcement, Lift, QuotaWindow, SessionRecord } from '../domain/session/state.ts';
import { statusAt, subscriptionAt, subStatusAt, type UserState } from '../domain/user/state.ts';
import type { Millis } from '../domain/values.ts';

export interface ExplainedState {
  readonly decision: Decision;
  /** Absent for an unknown user. */
  readonly user?: UserState | undefined;
  /** The session named: as found, undefined for none such; absent when none was named. */
  readonly session?: { readonly found: SessionRecord | undefined };
  /** What an admission would come to; absent where it could not be asked. */
  readonly admission?: Admission | undefined;
  readonly now: Millis;
}

const moment = (at: Millis) => new Date(at).toISOString();

/** The state that a decision met, a line a fact, for support to read. The facts are those of the fields beside it. */
export function explainText(state: ExplainedState): string {
  return linesOf(state).join('\n');
}

function linesOf(state: ExplainedState): string[] {
  const { decision, user, session, admission, now } = state;
  const lines = [`decision: ${decision.allowed ? 'allowed' : `denied, ${decision.reason}`}`];
  for (const { reason, rule, message, remedy } of decision.causes) {
    lines.push(`  ${reason} (${rule}): ${message}${remedy === '' ? '' : `; lifted by: ${remedy}`}`);
  }
  if (!user) return [...lines, 'user: unknown to this partner'];
  lines.push(`user: ${userLine(user, now)}`);
  if (session) lines.push(`session: ${sessionLine(session.found, now)}`);
  if (!admission) return [...lines, 'quotas: unknown, the store of sessions does not answer'];
  lines.push(...quotaLines(admission));
  const { enforcement, lifts, resetAt } = admission;
  lines.push(`enforcement: ${enforcement ? enforcementLine(enforcement) : noEnforcementLine(state)}`);
  const since = user.enforcement?.review?.since;
  if (since !== undefined) lines.push(`review: open since ${moment(since)}, until an admin clears it`);
  if (resetAt !== undefined) lines.push(`reset: ${moment(resetAt)}`);
  if (lifts.length > 0) lines.push(`what lifts the limit: ${lifts.map(liftWords).join(', ')}`);
  return lines;
}

function userLine(user: UserState, now: Millis): string {
  const idle = user.idle && now < user.idle.until ? ` until ${moment(user.idle.until)}` : '';
  const held = subscriptionAt(user, now);
  const plan = held ? ` to ${held.planId} version ${held.planVersion}` : '';
  return `${user.role}, ${statusAt(user, now)}${idle}; subscription ${subStatusAt(user, now)}${plan}`;
}

function sessionLine(session: SessionRecord | undefined, now: Millis): string {
  if (!session) return 'none such';
  const state = stateAt(session, now);
  const end = endOf(session);
  if (state === 'open') return end ? `open, ends ${moment(end.at)} by ${end.by}` : 'open, nothing ends it by itself';
  return `${state} ${moment(end?.at ?? now)} by ${end?.by ?? 'logout'}`;
}

function quotaLines({ quotas, admitted }: Admission): string[] {
  if (!quotas) return ['quotas: none for this role'];
  const counted = admitted ? ' with this one' : '';
  const line = (name: string, { used, limit, resetsAt }: QuotaWindow) =>
    `${name}: ${used} of ${limit} operations used${counted}; next gains room ${moment(resetsAt)}`;
  return [line('day', quotas.daily), line('7 days', quotas.weekly)];
}

function enforcementLine({ action, rung, until }: Enforcement): string {
  const place = rung === undefined ? '' : `, rung ${rung} of the partner's ladder`;
  return `${action}${place}${until === undefined ? '' : `, until ${moment(until)}`}`;
}

/** Without a session no operation is asked about, so the ladder has not acted (S-8). */
function noEnforcementLine({ session, admission }: ExplainedState): string {
  return session || !admission?.quotas ? 'none' : 'none in force; name a session for what the ladder would do';
}

function liftWords(lift: Lift): string {
  switch (lift.kind) {
    case 'verification':
      return `a ${lift.level} verification`;
    case 'plan':
      return `the plan ${lift.planId}`;
    case 'review':
      return 'an admin who clears the review';
    default:
      return lift satisfies never;
  }
}
