import { endOf, stateAt } from '../../domain/session/session.ts';
import type { Admission, QuotaWindow, SessionRecord } from '../../domain/session/state.ts';
import { parseOperationId, parseSessionId, parseUserId, ownerOfSession, type Millis } from '../../domain/values.ts';
import { formatToken } from '../../services/token.ts';
import type { Operation } from '../operation.ts';
import { parseQuestion, QUESTION_FIELDS, renderCauses, type WireQuestion } from './decision.ts';
import { CALLER_KEY, CONSISTENCY_TOKEN, CONTEXT, objectOf, PROVIDER_ID, SESSION_ID, USER_ID } from './fields.ts';
import { timestamp } from './render.ts';

interface WireSession {
  readonly session_id: string;
  readonly provider_id?: string;
}

interface WireAdmit extends WireQuestion, WireSession {
  readonly operation_id: string;
  readonly cost?: number;
  readonly context?: Record<string, unknown>;
  readonly consistency_token?: string;
}

const OF_SESSION = objectOf({ session_id: SESSION_ID, provider_id: PROVIDER_ID }, ['session_id']);

/** Operations that one admission may count for. */
export const COST_MAX = 1000;

function renderSession(session: SessionRecord, now: Millis) {
  const state = stateAt(session, now);
  const end = endOf(session);
  return {
    session_id: session.sessionId,
    user_id: ownerOfSession(session.sessionId).userId,
    state,
    opened_at: timestamp(session.openedAt),
    ...(state === 'open'
      ? { ...(end && { expires_at: timestamp(end.at) }), ended_by: '' }
      : { ended_at: timestamp(session.endedAt ?? end?.at ?? now), ended_by: session.endedBy ?? end?.by ?? '' }),
  };
}

const renderWindow = (window: QuotaWindow) => ({
  limit: window.limit,
  used: window.used,
  remaining: window.remaining,
  resets_at: timestamp(window.resetsAt),
});

function renderAdmission(admission: Admission) {
  return {
    admitted: admission.admitted,
    reason: admission.reason,
    causes: renderCauses(admission.causes),
    warnings: admission.warnings.map(({ code, rule, message }) => ({ code, rule, message })),
    ...(admission.quotas && {
      quotas: { daily: renderWindow(admission.quotas.daily), weekly: renderWindow(admission.quotas.weekly) },
    }),
    ...(admission.resetAt !== undefined && { reset_at: timestamp(admission.resetAt) }),
    retry_after_ms: admission.retryAfterMs,
    ...(admission.sessionExpiresAt !== undefined && { session_expires_at: timestamp(admission.sessionExpiresAt) }),
  };
}

const parseSession = (wire: WireSession) => ({
  sessionId: parseSessionId(wire.session_id, 'session_id'),
  providerId: wire.provider_id,
});

export const SESSION_OPERATIONS: readonly Operation[] = [
  {
    service: 'SessionService',
    method: 'Open',
    http: { method: 'POST', path: '/v1/sessions' },
    scope: 'admit',
    request: objectOf({ user_id: USER_ID, provider_id: PROVIDER_ID }, ['user_id']),
    async call({ sessions }, caller, wire: { user_id: string; provider_id?: string }) {
      const opened = await sessions.open(caller, {
        userId: parseUserId(wire.user_id, 'user_id'),
        providerId: wire.provider_id,
      });
      return {
        opened: opened.session !== undefined,
        reason: opened.reason,
        ...(opened.session && { session: renderSession(opened.session, opened.session.openedAt) }),
        closed_session_ids: opened.closed,
        consistency_token: formatToken(opened.sequence),
      };
    },
  },
  {
    service: 'SessionService',
    method: 'Admit',
    http: { method: 'POST', path: '/v1/sessions/{session_id}/admit' },
    scope: 'admit',
    request: objectOf(
      {
        session_id: SESSION_ID,
        operation_id: { ...CALLER_KEY, description: 'A repeat of it gets the first answer (S-12).' },
        ...QUESTION_FIELDS,
        cost: { type: 'integer', minimum: 1, maximum: COST_MAX, description: '1 when absent.' },
        context: CONTEXT,
        consistency_token: CONSISTENCY_TOKEN,
        provider_id: PROVIDER_ID,
      },
      ['session_id', 'operation_id'],
    ),
    async call({ sessions }, caller, wire: WireAdmit) {
      const admitted = await sessions.admit(caller, {
        ...parseSession(wire),
        operationId: parseOperationId(wire.operation_id, 'operation_id'),
        question: parseQuestion(wire),
        cost: wire.cost ?? 1,
        context: wire.context,
        token: wire.consistency_token,
      });
      return {
        ...renderAdmission(admitted.admission),
        replayed: admitted.replayed,
        policy_version: admitted.policyVersion,
        consistency_token: formatToken(admitted.sequence),
      };
    },
  },
  {
    service: 'SessionService',
    method: 'Close',
    http: { method: 'DELETE', path: '/v1/sessions/{session_id}' },
    scope: 'admit',
    request: OF_SESSION,
    async call({ sessions }, caller, wire: WireSession) {
      const { session, now, sequence } = await sessions.close(caller, parseSession(wire));
      return { session: renderSession(session, now), consistency_token: formatToken(sequence) };
    },
  },
  {
    service: 'SessionService',
    method: 'Get',
    http: { method: 'GET', path: '/v1/sessions/{session_id}' },
    scope: 'admit',
    request: OF_SESSION,
    async call({ sessions }, caller, wire: WireSession) {
      const { session, now } = await sessions.get(caller, parseSession(wire));
      return { session: renderSession(session, now) };
    },
  },
];
