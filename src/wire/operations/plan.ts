import { Fault } from '../../domain/errors.ts';
import type { ConfirmEvidence } from '../../domain/user/commands.ts';
import {
  HOLD_REASONS,
  parseIdempotencyKey,
  parsePlanId,
  parseUserId,
  SUBSCRIBER_ROLES,
  type HoldReason,
} from '../../domain/values.ts';
import type { PlanAction, PlanChangeAnswer } from '../../services/plan-change.ts';
import type { Operation } from '../operation.ts';
import {
  CALLER_KEY,
  CAUSE,
  flag,
  given,
  objectOf,
  oneOf,
  parseSubscriberRoles,
  PLAN_ID,
  PROVIDER_ID,
  text,
  USER_ID,
} from './fields.ts';
import { renderPlan, renderRefusal, renderSubscription, timestamp } from './render.ts';

interface WireEvidence {
  readonly payment_reference?: string;
  readonly manual_approval?: boolean;
  readonly fraud_check_passed?: boolean;
}

interface WirePlanChange {
  readonly user_id: string;
  readonly action: PlanAction['type'];
  readonly plan_id?: string;
  readonly idempotency_key: string;
  readonly confirmation_code?: string;
  readonly at?: 'now' | 'period_end';
  readonly hold?: HoldReason;
  readonly evidence?: WireEvidence;
  readonly cause?: string;
  readonly provider_id?: string;
}

type ActionField = 'plan_id' | 'confirmation_code' | 'at' | 'hold' | 'evidence';

/** The fields that an action takes: whether it needs them, or may have them. */
const FIELDS_OF: Readonly<Record<PlanAction['type'], Readonly<Partial<Record<ActionField, 'required' | 'optional'>>>>> =
  {
    subscribe: { plan_id: 'required' },
    confirm: { plan_id: 'required', confirmation_code: 'required', evidence: 'optional' },
    cancel: { at: 'optional' },
    keep: {},
    suspend: { hold: 'required' },
    restore: { hold: 'required' },
    switch: { plan_id: 'required' },
  };

const ACTION_FIELDS: readonly ActionField[] = ['plan_id', 'confirmation_code', 'at', 'hold', 'evidence'];

/** Throws INVALID_ARGUMENT for a field that the action lacks, and for one that it does not take. */
function parseAction(wire: WirePlanChange): PlanAction {
  const takes = FIELDS_OF[wire.action];
  for (const field of ACTION_FIELDS) {
    const isGiven = wire[field] !== undefined && wire[field] !== '';
    if (takes[field] === 'required' && !isGiven) throw actionFault(field, `${wire.action} needs it`);
    if (takes[field] === undefined && isGiven) throw actionFault(field, `${wire.action} does not take it`);
  }
  switch (wire.action) {
    case 'subscribe':
    case 'switch':
      return { type: wire.action, planId: parsePlanId(wire.plan_id, 'plan_id') };
    case 'confirm':
      return {
        type: 'confirm',
        planId: parsePlanId(wire.plan_id, 'plan_id'),
        code: wire.confirmation_code ?? '',
        evidence: parseEvidence(wire.evidence ?? {}),
      };
    case 'cancel':
      return { type: 'cancel', at: wire.at ?? 'now' };
    case 'keep':
      return { type: 'keep' };
    case 'suspend':
    case 'restore':
      return { type: wire.action, hold: wire.hold as HoldReason };
    default:
      return wire.action satisfies never;
  }
}

function parseEvidence(wire: WireEvidence): ConfirmEvidence {
  const paymentReference = given(wire.payment_reference);
  return {
    ...(paymentReference !== undefined && { paymentReference }),
    manualApproval: wire.manual_approval ?? false,
    fraudCheckPassed: wire.fraud_check_passed ?? false,
  };
}

function actionFault(field: ActionField, rule: string): Fault {
  return new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}

function renderAnswer({ done, refusal, subscription, code, replayed, token }: PlanChangeAnswer) {
  return {
    done,
    ...(refusal && { refusal: renderRefusal(refusal) }),
    subscription: renderSubscription(subscription),
    ...(code && { confirmation_code: code.text, code_expires_at: timestamp(code.expiresAt) }),
    replayed,
    consistency_token: token,
  };
}

export const PLAN_OPERATIONS: readonly Operation[] = [
  {
    service: 'PlanService',
    method: 'PlanChange',
    http: { method: 'POST', path: '/v1/users/{user_id}/plan-changes' },
    scope: 'plan',
    request: objectOf(
      {
        user_id: USER_ID,
        action: oneOf(Object.keys(FIELDS_OF), 'What is to change.'),
        plan_id: { ...PLAN_ID, description: 'subscribe, confirm, switch: the plan.' },
        idempotency_key: { ...CALLER_KEY, description: 'A change that was done is answered again by it (B-10).' },
        confirmation_code: text('confirm: the code that subscribe issued.', 64),
        at: oneOf(['now', 'period_end'], 'cancel: `now` when absent (B-6).'),
        hold: oneOf(HOLD_REASONS, 'suspend, restore: why (B-7).'),
        evidence: objectOf(
          {
            payment_reference: text('Where the payment is found.', 256),
            manual_approval: flag('A person has approved.'),
            fraud_check_passed: flag('The fraud check was passed.'),
          },
          [],
          'confirm: the conditions of the partner that are met (B-5).',
        ),
        cause: CAUSE,
        provider_id: PROVIDER_ID,
      },
      ['user_id', 'action', 'idempotency_key'],
    ),
    async call({ planChange }, caller, wire: WirePlanChange) {
      const answer = await planChange.change(caller, {
        providerId: wire.provider_id,
        userId: parseUserId(wire.user_id, 'user_id'),
        key: parseIdempotencyKey(wire.idempotency_key, 'idempotency_key'),
        action: parseAction(wire),
        cause: given(wire.cause),
      });
      return renderAnswer(answer);
    },
  },
  {
    service: 'PlanService',
    method: 'GetSubscription',
    http: { method: 'GET', path: '/v1/users/{user_id}/subscription' },
    scope: 'plan',
    request: objectOf({ user_id: USER_ID, provider_id: PROVIDER_ID }, ['user_id']),
    async call({ subscriptions }, caller, wire: { user_id: string; provider_id?: string }) {
      const userId = parseUserId(wire.user_id, 'user_id');
      const view = await subscriptions.get(caller, { providerId: wire.provider_id, userId });
      return { subscription: renderSubscription(view) };
    },
  },
  {
    service: 'PlanService',
    method: 'ListPlans',
    http: { method: 'GET', path: '/v1/plans' },
    scope: 'plan',
    request: objectOf({
      user_types: {
        type: 'array',
        maxItems: SUBSCRIBER_ROLES.length,
        items: text('A role that may subscribe.', 16),
        description: 'Only plans open to one of these roles (B-3); all when empty.',
      },
      active_only: flag('Only plans that can be newly subscribed.'),
      provider_id: PROVIDER_ID,
    }),
    call({ subscriptions }, caller, wire: { user_types?: string[]; active_only?: boolean; provider_id?: string }) {
      const plans = subscriptions.plans(caller, {
        providerId: wire.provider_id,
        roles: parseSubscriberRoles(wire.user_types, 'user_types'),
        activeOnly: wire.active_only,
      });
      return { plans: plans.map(renderPlan) };
    },
  },
];
