import { Fault, REFUSALS, type Refusal, type RefusalCode } from '../errors.ts';
import type { Millis } from '../values.ts';
import type { PartnerCommand, PartnerEvent, PolicyFileGiven } from './commands.ts';
import type { Policy } from './policy.ts';
import type { PartnerState } from './state.ts';

export interface PartnerDecision {
  readonly events: readonly PartnerEvent[];
  readonly refusal?: Refusal;
}

/**
 * Decides on a partner (P-1 to P-3). A policy with an error changes nothing. A file that is equal to the one in force, its
 * model too, is no change; another is the next version. Any command but `register` on what was never registered is Fault
 * PARTNER_NOT_FOUND.
 */
export function decide(
  command: PartnerCommand,
  state: PartnerState | undefined,
  context: { readonly now: Millis },
): PartnerDecision {
  if (command.type === 'register') return register(command.file, state, context.now);
  if (!state) throw new Fault('PARTNER_NOT_FOUND', 'no such partner');
  switch (command.type) {
    case 'stop':
      return state.status === 'stopped'
        ? refuse('PARTNER_ALREADY_STOPPED', state, ['start'])
        : { events: [{ type: 'PartnerStopped' }] };
    case 'start':
      return state.status === 'active'
        ? refuse('PARTNER_ALREADY_ACTIVE', state, ['stop'])
        : { events: [{ type: 'PartnerStarted' }] };
    case 'apply-policy':
      return applyPolicy(command, state, context.now);
    default:
      return command satisfies never;
  }
}

function register(file: PolicyFileGiven, state: PartnerState | undefined, now: Millis): PartnerDecision {
  if (state) return refuse('PROVIDER_ID_TAKEN', state, ['apply-policy']);
  const policy = file.compilation.policy;
  if (!policy) return refuse('POLICY_INVALID', state, ['register with a policy without errors']);
  const { providerId, name, region } = policy;
  const { text, modelText, digest } = file;
  const planVersions = Object.fromEntries(policy.plans.map(({ planId }) => [planId, 1]));
  const facts = { providerId, name, region, text, modelText, digest, planVersions, at: now };
  return { events: [{ type: 'PartnerRegistered', ...facts }] };
}

function applyPolicy(
  { file, planVersions: given }: Extract<PartnerCommand, { type: 'apply-policy' }>,
  state: PartnerState,
  now: Millis,
): PartnerDecision {
  const policy = file.compilation.policy;
  if (!policy) return refuse('POLICY_INVALID', state, ['apply-policy without errors']);
  const foreign = foreignTo(state, policy);
  if (foreign) return refuse(foreign, state, ['apply-policy of this partner']);
  if (file.text === state.policy.text && file.modelText === state.modelText) return { events: [] };
  const { text, modelText, digest } = file;
  const version = state.policy.version + 1;
  const planVersions = { ...state.policy.planVersions, ...given };
  const facts = { version, name: policy.name, text, modelText, digest, planVersions, at: now };
  return { events: [{ type: 'PolicyApplied', ...facts }] };
}

function foreignTo(state: PartnerState, policy: Policy): RefusalCode | undefined {
  if (policy.providerId !== state.providerId) return 'POLICY_OF_OTHER_PARTNER';
  return policy.region === state.region ? undefined : 'REGION_FIXED';
}

function refuse(code: RefusalCode, state: PartnerState | undefined, possible: readonly string[]): PartnerDecision {
  const met = state
    ? `provider_id=${state.providerId} status=${state.status} policy_version=${state.policy.version}`
    : 'not registered';
  return { events: [], refusal: { code, ...REFUSALS[code], state: met, possible } };
}
