import type { Operation } from '../operation.ts';
import { DECISION_OPERATIONS } from './decision.ts';
import { DIRECTORY_OPERATIONS } from './directory.ts';
import { PLAN_OPERATIONS } from './plan.ts';
import { POLICY_OPERATIONS } from './policy.ts';
import { RELATIONSHIP_OPERATIONS } from './relationship.ts';
import { SESSION_OPERATIONS } from './session.ts';

/** The whole API: every operation that both edges serve. */
export const OPERATIONS: readonly Operation[] = [
  ...DECISION_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...PLAN_OPERATIONS,
  ...DIRECTORY_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...RELATIONSHIP_OPERATIONS,
];
