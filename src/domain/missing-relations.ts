import { relationOf, type CompiledModel } from './relation/compiled-model.ts';
import { ROLES } from './values.ts';

/** What Gatehouse writes of documents and asks of a decision: every model has it, whatever else it says. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  partner: [...ROLES, 'member', 'stopped', 'inactive', 'idle', 'signing', 'in_service', 'operational'],
  plan_version: ['holder', 'suspended'],
  plan: ['version', 'holder', 'suspended'],
  permission: ['granted', 'gate', 'withheld', 'allowed'],
  feature: ['enabled', 'role', 'rollout', 'plan', 'early_access', 'gate', 'chosen', 'on'],
};

/** Relations that a model lacks to carry a partner's documents, as `type#relation`; none for a model that can be used. */
export function missingRelations(model: CompiledModel): string[] {
  return Object.entries(NEEDED).flatMap(([type, relations]) =>
    relations.filter((relation) => !relationOf(model, type, relation)).map((relation) => `${type}#${relation}`),
  );
}
