import { Fault } from '../errors.ts';
import type { Policy } from '../partner/policy.ts';
import { latest, type PlanState } from '../plan/state.ts';
import { object } from '../projection.ts';
import type { CompiledModel } from '../relation/compile-model.ts';
import type { PlanId } from '../values.ts';

/** What is asked of a user. */
export type Question =
  | { readonly kind: 'permission'; readonly name: string }
  | { readonly kind: 'feature'; readonly name: string }
  | { readonly kind: 'relation'; readonly relation: string; readonly object: string };

/** What a question means in one partner: everything that it may name. */
export interface Vocabulary {
  readonly policy: Policy;
  readonly model: CompiledModel;
  readonly plans: ReadonlyMap<PlanId, PlanState>;
}

/** The relation of the model that answers a question. */
export interface Target {
  readonly object: string;
  readonly relation: string;
}

/** One text for a question, for logs: `permission:export`, `feature:beta`, `document:1#viewer`. */
export function formatQuestion(question: Question | undefined): string {
  if (!question) return '';
  return question.kind === 'relation' ? `${question.object}#${question.relation}` : `${question.kind}:${question.name}`;
}

/**
 * Throws UNKNOWN_PERMISSION, UNKNOWN_FEATURE, UNKNOWN_TYPE, UNKNOWN_RELATION or INVALID_ARGUMENT: an unknown name is the
 * caller's error, not a denial. A partner, plan, permission or feature that this partner has not is
 * OBJECT_NOT_FOUND (P-6).
 */
export function targetOf(question: Question, vocabulary: Vocabulary): Target {
  switch (question.kind) {
    case 'permission':
      if (!vocabulary.policy.permissions.has(question.name)) {
        throw new Fault('UNKNOWN_PERMISSION', `permission: ${quoted(question.name)} is not defined by the partner`, {
          field: 'permission',
          rule: 'R-3',
        });
      }
      return { object: object.permission(question.name), relation: 'allowed' };
    case 'feature':
      if (!vocabulary.policy.features.has(question.name)) {
        throw new Fault('UNKNOWN_FEATURE', `feature: ${quoted(question.name)} is not defined by the partner`, {
          field: 'feature',
          rule: 'F-1',
        });
      }
      return { object: object.feature(question.name), relation: 'on' };
    case 'relation':
      return relationTarget(question, vocabulary);
    default:
      return question satisfies never;
  }
}

const OBJECT = /^([^:#@\s]{1,254}):([^#:\s]{1,256})$/;

function relationTarget(question: Question & { kind: 'relation' }, vocabulary: Vocabulary): Target {
  const [, type, id] = OBJECT.exec(question.object) ?? [];
  if (type === undefined || id === undefined || id === '*') {
    throw new Fault('INVALID_ARGUMENT', 'object: an object is written type:id', { field: 'object', rule: 'type:id' });
  }
  if (!vocabulary.model.hasType(type)) {
    throw new Fault('UNKNOWN_TYPE', `object: the model has no type ${quoted(type)}`, { field: 'object', rule: 'R-3' });
  }
  if (!vocabulary.model.hasRelation(type, question.relation)) {
    throw new Fault('UNKNOWN_RELATION', `relation: type ${type} has no relation ${quoted(question.relation)}`, {
      field: 'relation',
      rule: 'R-3',
    });
  }
  if (!exists(type, id, vocabulary)) {
    throw new Fault('OBJECT_NOT_FOUND', 'no such object', { field: 'object', rule: 'P-6' });
  }
  return { object: question.object, relation: question.relation };
}

/** Objects that Gatehouse derives exist or not; those of applications are theirs to know. */
function exists(type: string, id: string, { policy, plans }: Vocabulary): boolean {
  switch (type) {
    case 'partner':
      return id === policy.providerId;
    case 'permission':
      return policy.permissions.has(id);
    case 'feature':
      return policy.features.has(id);
    case 'plan':
      return plans.has(id as PlanId);
    case 'plan_version': {
      const [planId = '', version = ''] = id.split('.');
      const plan = plans.get(planId as PlanId);
      return plan !== undefined && /^[1-9]\d{0,8}$/.test(version) && Number(version) <= latest(plan).version;
    }
    default:
      return true;
  }
}

/** Caller's text as it may stand in a message: bounded and without control characters. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
