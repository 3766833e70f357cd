import { parseSessionId, parseUserId } from '../../domain/values.ts';
import type { Question } from '../../domain/decision/question.ts';
import { Fault } from '../../domain/errors.ts';
import type { Checked, CheckRequest } from '../../services/check.ts';
import { faultAt } from '../../services/fault-at.ts';
import type { Operation } from '../operation.ts';
import {
  CONTEXT,
  CONSISTENCY_TOKEN,
  given,
  NAME,
  objectOf,
  PROVIDER_ID,
  SESSION_ID,
  TUPLE_KEYS,
  USER_ID,
} from './fields.ts';
import { quotaFactsOf, renderAdmission, type RenderedAdmission } from './render-admission.ts';
import { parseTupleKey, renderCauses, timestamp, type WireTupleKey } from './render.ts';

/** The three ways to put a question, as fields of a request. */
export const QUESTION_FIELDS = {
  permission: { ...NAME, description: 'A permission of the partner.' },
  feature: { ...NAME, description: 'A feature of the partner.' },
  relation: { ...NAME, description: 'A relation of the model; needs object.' },
  object: { type: 'string', minLength: 1, maxLength: 512, description: '`type:id`; needs relation.' },
} as const;

export interface WireQuestion {
  readonly permission?: string;
  readonly feature?: string;
  readonly relation?: string;
  readonly object?: string;
}

interface WireCheck extends WireQuestion {
  readonly user_id: string;
  readonly session_id?: string;
  readonly context?: Record<string, unknown>;
  readonly contextual_tuples?: readonly WireTupleKey[];
  readonly consistency_token?: string;
  readonly provider_id?: string;
}

const CHECK_FIELDS = {
  user_id: USER_ID,
  ...QUESTION_FIELDS,
  session_id: SESSION_ID,
  context: CONTEXT,
  contextual_tuples: TUPLE_KEYS,
  consistency_token: CONSISTENCY_TOKEN,
  provider_id: PROVIDER_ID,
} as const;

const CHECK = objectOf(CHECK_FIELDS, ['user_id']);
const OF_USER = objectOf({ user_id: USER_ID, consistency_token: CONSISTENCY_TOKEN, provider_id: PROVIDER_ID }, [
  'user_id',
]);

/** Checks that one call may carry. */
export const BATCH_CHECKS_MAX = 50;

/** The question of a request; undefined when it asks none. Throws INVALID_ARGUMENT for two at once or half of one. */
export function parseQuestion(wire: WireQuestion): Question | undefined {
  const asked = [wire.permission, wire.feature, wire.relation ?? wire.object].filter((name) => name !== undefined);
  if (asked.length > 1) throw questionFault('permission', 'ask one of permission, feature, and relation with object');
  if (wire.permission !== undefined) return { kind: 'permission', name: wire.permission };
  if (wire.feature !== undefined) return { kind: 'feature', name: wire.feature };
  if (wire.relation === undefined && wire.object === undefined) return undefined;
  if (wire.object === undefined) throw questionFault('object', 'required with relation');
  if (wire.relation === undefined) throw questionFault('relation', 'required with object');
  return { kind: 'relation', relation: wire.relation, object: wire.object };
}

function questionFault(field: string, rule: string): Fault {
  return new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}

function parseCheck(wire: WireCheck): CheckRequest {
  const question = parseQuestion(wire);
  if (!question) throw questionFault('permission', 'ask one of permission, feature, and relation with object');
  return {
    userId: parseUserId(wire.user_id, 'user_id'),
    question,
    sessionId: wire.session_id === undefined ? undefined : parseSessionId(wire.session_id, 'session_id'),
    context: wire.context,
    contextualTuples: wire.contextual_tuples?.map(parseTupleKey),
    token: wire.consistency_token,
    providerId: wire.provider_id,
  };
}

const renderChecked = (checked: Checked) => ({
  allowed: checked.allowed,
  reason: checked.reason,
  policy_version: checked.policyVersion,
  ...(checked.admission && { admission: renderAdmission(checked.admission) }),
});

/** Runs a check of a batch; its faults name the place in the batch. */
async function within<T>(position: number, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw faultAt('checks', position, error);
  }
}

export const DECISION_OPERATIONS: readonly Operation[] = [
  {
    service: 'DecisionService',
    method: 'Check',
    http: { method: 'POST', path: '/v1/check' },
    scope: 'check',
    request: CHECK,
    call({ check }, caller, wire: WireCheck) {
      const checked = check.check(caller, parseCheck(wire));
      return checked instanceof Promise ? checked.then(renderChecked) : renderChecked(checked);
    },
    quotaFacts: ({ admission }: { admission?: RenderedAdmission }) => admission && quotaFactsOf(admission),
  },
  {
    service: 'DecisionService',
    method: 'BatchCheck',
    http: { method: 'POST', path: '/v1/batch-check' },
    scope: 'check',
    request: objectOf(
      {
        checks: {
          type: 'array',
          minItems: 1,
          maxItems: BATCH_CHECKS_MAX,
          items: CHECK,
          description: 'Answered in this order.',
        },
        consistency_token: CONSISTENCY_TOKEN,
        provider_id: PROVIDER_ID,
      },
      ['checks'],
    ),
    async call(
      { check },
      caller,
      wire: { checks: readonly WireCheck[]; consistency_token?: string; provider_id?: string },
    ) {
      const decisions = [];
      for (const [position, each] of wire.checks.entries()) {
        const token = given(each.consistency_token) ?? wire.consistency_token;
        const providerId = given(each.provider_id) ?? wire.provider_id;
        const checked = await within(position, () => check.check(caller, { ...parseCheck(each), token, providerId }));
        decisions.push(renderChecked(checked));
      }
      return { decisions };
    },
  },
  {
    service: 'DecisionService',
    method: 'Explain',
    http: { method: 'POST', path: '/v1/explain' },
    scope: 'check',
    request: objectOf({ check: CHECK }, ['check']),
    async call({ check }, caller, wire: { check: WireCheck }) {
      const explained = await check.explain(caller, parseCheck(wire.check));
      return {
        allowed: explained.allowed,
        reason: explained.reason,
        causes: renderCauses(explained.causes),
        relationships: explained.relationships,
        tree: explained.tree,
        policy_version: explained.policyVersion,
        evaluated_at: timestamp(explained.evaluatedAt),
        ...(explained.user && {
          user: {
            type: explained.user.role,
            status: explained.user.status,
            sub_status: explained.user.subStatus,
            plan_id: explained.user.planId ?? '',
          },
        }),
        ...(explained.admission && { admission: renderAdmission(explained.admission) }),
        text: explained.text,
      };
    },
  },
  {
    service: 'DecisionService',
    method: 'ListPermissions',
    http: { method: 'GET', path: '/v1/users/{user_id}/permissions' },
    scope: 'check',
    request: OF_USER,
    async call({ check }, caller, wire: WireOfUser) {
      const { decisions, apiAccessLevel } = await check.permissionsOf(caller, parseOfUser(wire));
      return {
        permissions: decisions.map(({ permission, decision }) => ({
          permission: permission.name,
          group: permission.group,
          allowed: decision.allowed,
          reason: decision.reason,
        })),
        api_access_level: apiAccessLevel,
      };
    },
  },
  {
    service: 'DecisionService',
    method: 'ListFeatures',
    http: { method: 'GET', path: '/v1/users/{user_id}/features' },
    scope: 'check',
    request: OF_USER,
    async call({ check }, caller, wire: WireOfUser) {
      const features = await check.featuresOf(caller, parseOfUser(wire));
      return {
        features: features.map(({ feature, decision }) => ({
          feature,
          on: decision.allowed,
          reason: decision.reason,
        })),
      };
    },
  },
];

interface WireOfUser {
  readonly user_id: string;
  readonly consistency_token?: string;
  readonly provider_id?: string;
}

function parseOfUser(wire: WireOfUser): Omit<CheckRequest, 'question'> {
  return {
    userId: parseUserId(wire.user_id, 'user_id'),
    token: wire.consistency_token,
    providerId: wire.provider_id,
  };
}
