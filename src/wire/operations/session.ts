import { endOf, stateAt } from '../../domain/session/session.ts';
import type { SessionRecord } from '../../domain/session/state.ts';
import { parseOperationId, parseSessionId, parseUserId, ownerOfSession, type Millis } from '../../domain/values.ts';
import type { AdmitOperation } from '../../services/admission-requests.ts';
import { faultAt } from '../../services/fault-at.ts';
import type { Admitted } from '../../services/sessions.ts';
import { formatToken } from '../../services/token.ts';
import type { Operation } from '../operation.ts';
import { parseQuestion, QUESTION_FIELDS, type WireQuestion } from './decision.ts';
import {
  CALLER_KEY,
  CAUSE,
  CONSISTENCY_TOKEN,
  CONTEXT,
  given,
  objectOf,
  PROVIDER_ID,
  SESSION_ID,
  USER_ID,
} from './fields.ts';
import { quotaFactsOf, renderAdmission, type RenderedAdmission } from './render-admission.ts';
import { timestamp } from './render.ts';

interface WireSession {
  readonly session_id: string;
  readonly provider_id?: string;
}

interface WireOfUser {
  readonly user_id: string;
  readonly provider_id?: string;
  readonly cause?: string;
}

interface WireAdmitOperation extends WireQuestion {
  readonly operation_id: string;
  readonly cost?: number;
  readonly context?: Record<string, unknown>;
}

interface WireAdmit extends WireAdmitOperation, WireSession {
  readonly consistency_token?: string;
}

interface WireAdmitBatch extends WireSession {
  readonly operations: readonly WireAdmitOperation[];
  readonly consistency_token?: string;
}

/** Operations that one admission may count for. */
export const COST_MAX = 1000;
/** Operations of one batch: what a store decides in one go. */
export const BATCH_ADMISSIONS_MAX = 50;

const OPERATION_FIELDS = {
  operation_id: { ...CALLER_KEY, description: 'A repeat of it gets the first answer (S-12).' },
  ...QUESTION_FIELDS,
  cost: { type: 'integer', minimum: 1, maximum: COST_MAX, description: '1 when absent.' },
  context: CONTEXT,
} as const;

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

const parseSession = (wire: WireSession) => ({
  sessionId: parseSessionId(wire.session_id, 'session_id'),
  providerId: wire.provider_id,
});

const parseOfUser = (wire: WireOfUser) => ({
  userId: parseUserId(wire.user_id, 'user_id'),
  providerId: wire.provider_id,
  cause: given(wire.cause),
});

function parseAdmitOperation(wire: WireAdmitOperation): AdmitOperation {
  return {
    operationId: parseOperationId(wire.operation_id, 'operation_id'),
    question: parseQuestion(wire),
    cost: wire.cost ?? 1,
    context: wire.context,
  };
}

function parseAt(position: number, wire: WireAdmitOperation): AdmitOperation {
  try {
    return parseAdmitOperation(wire);
  } catch (error) {
    throw faultAt('operations', position, error);
  }
}

const renderAdmitted = (admitted: Admitted) => ({
  ...renderAdmission(admitted.admission),
  replayed: admitted.replayed,
  policy_version: admitted.policyVersion,
  consistency_token: formatToken(admitted.sequence),
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
        ...OPERATION_FIELDS,
        consistency_token: CONSISTENCY_TOKEN,
        provider_id: PROVIDER_ID,
      },
      ['session_id', 'operation_id'],
    ),
    async call({ sessions }, caller, wire: WireAdmit) {
      const request = { ...parseSession(wire), ...parseAdmitOperation(wire), token: wire.consistency_token };
      return renderAdmitted(await sessions.admit(caller, request));
    },
    quotaFacts: (answer: RenderedAdmission) => quotaFactsOf(answer),
  },
  {
    service: 'SessionService',
    method: 'AdmitBatch',
    http: { method: 'POST', path: '/v1/sessions/{session_id}/admit-batch' },
    scope: 'admit',
    request: objectOf(
      {
        session_id: SESSION_ID,
        operations: {
          type: 'array',
          minItems: 1,
          maxItems: BATCH_ADMISSIONS_MAX,
          items: objectOf(OPERATION_FIELDS, ['operation_id']),
          description: 'Decided and answered in this order.',
        },
        consistency_token: CONSISTENCY_TOKEN,
        provider_id: PROVIDER_ID,
      },
      ['session_id', 'operations'],
    ),
    async call({ sessions }, caller, wire: WireAdmitBatch) {
      const operations = wire.operations.map((each, position) => parseAt(position, each));
      const request = { ...parseSession(wire), operations, token: wire.consistency_token };
      const { admissions, sequence } = await sessions.admitBatch(caller, request);
      return { admissions: admissions.map(renderAdmitted), consistency_token: formatToken(sequence) };
    },
  },
  {
    service: 'SessionService',
    method: 'Close',
    http: { method: 'DELETE', path: '/v1/sessions/{session_id}' },
    scope: 'admit',
    request: objectOf({ session_id: SESSION_ID, provider_id: PROVIDER_ID, cause: CAUSE }, ['session_id']),
    async call({ sessions }, caller, wire: WireSession & { cause?: string }) {
      const request = { ...parseSession(wire), cause: given(wire.cause) };
      const { session, now, sequence } = await sessions.close(caller, request);
      return { session: renderSession(session, now), consistency_token: formatToken(sequence) };
    },
  },
  {
    service: 'SessionService',
    method: 'Get',
    http: { method: 'GET', path: '/v1/sessions/{session_id}' },
    scope: 'admit',
    request: objectOf({ session_id: SESSION_ID, provider_id: PROVIDER_ID }, ['session_id']),
    async call({ sessions }, caller, wire: WireSession) {
      const { session, now } = await sessions.get(caller, parseSession(wire));
      return { session: renderSession(session, now) };
    },
  },
  {
    service: 'SessionService',
    method: 'List',
    http: { method: 'GET', path: '/v1/users/{user_id}/sessions' },
    scope: 'directory',
    request: objectOf({ user_id: USER_ID, provider_id: PROVIDER_ID }, ['user_id']),
    async call({ userSessions }, caller, wire: WireOfUser) {
      const { sessions, now } = await userSessions.list(caller, parseOfUser(wire));
      return { sessions: sessions.map((session) => renderSession(session, now)) };
    },
  },
  {
    service: 'SessionService',
    method: 'CloseAll',
    http: { method: 'DELETE', path: '/v1/users/{user_id}/sessions' },
    scope: 'directory',
    request: objectOf({ user_id: USER_ID, cause: CAUSE, provider_id: PROVIDER_ID }, ['user_id']),
    async call({ userSessions }, caller, wire: WireOfUser) {
      const { sessions, now, sequence } = await userSessions.closeAll(caller, parseOfUser(wire));
      return {
        closed: sessions.map((session) => renderSession(session, now)),
        consistency_token: formatToken(sequence),
      };
    },
  },
];
