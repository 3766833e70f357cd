import type { Operation } from '../operation.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { CAUSE, given, objectOf, PROVIDER_ID, text } from './fields.ts';
import { renderProblem } from './render.ts';

interface WirePolicyText {
  readonly text: string;
  readonly cause?: string;
  readonly provider_id?: string;
}

const POLICY_TEXT = text('The policy file, YAML.', BODY_BYTES_MAX);

export const POLICY_OPERATIONS: readonly Operation[] = [
  {
    service: 'PolicyService',
    method: 'ValidatePolicy',
    http: { method: 'POST', path: '/v1/policy/validate' },
    scope: 'policy',
    request: objectOf({ text: POLICY_TEXT, provider_id: PROVIDER_ID }, ['text']),
    call({ policy }, caller, wire: WirePolicyText) {
      const { valid, problems } = policy.validate(caller, { providerId: wire.provider_id, text: wire.text });
      return { valid, problems: problems.map(renderProblem) };
    },
  },
  {
    service: 'PolicyService',
    method: 'ApplyPolicy',
    http: { method: 'POST', path: '/v1/policy/apply' },
    scope: 'policy',
    request: objectOf({ text: POLICY_TEXT, cause: CAUSE, provider_id: PROVIDER_ID }, ['text']),
    async call({ policy }, caller, wire: WirePolicyText) {
      const request = { providerId: wire.provider_id, text: wire.text, cause: given(wire.cause) };
      const { applied, policyVersion, problems, token } = await policy.apply(caller, request);
      return {
        applied,
        policy_version: policyVersion,
        problems: problems.map(renderProblem),
        consistency_token: token,
      };
    },
  },
  {
    service: 'PolicyService',
    method: 'GetPolicy',
    http: { method: 'GET', path: '/v1/policy' },
    scope: 'policy',
    request: objectOf({ provider_id: PROVIDER_ID }),
    call({ policy }, caller, wire: { provider_id?: string }) {
      const { policyVersion, text: yaml } = policy.get(caller, { providerId: wire.provider_id });
      return { policy_version: policyVersion, text: yaml };
    },
  },
];
