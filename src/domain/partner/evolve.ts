import type { PartnerEvent } from './commands.ts';
import type { PartnerState } from './state.ts';

/** Versions whose digests are remembered: enough to know a file that was replaced. */
const DIGESTS_MAX = 256;

/** The partner after an event. `rev` is the committer's: it stays as it was, 0 for a new partner. */
export function evolve(state: PartnerState | undefined, event: PartnerEvent): PartnerState {
  if (event.type === 'PartnerRegistered') {
    const { providerId, name, region, text, modelText, digest, planVersions, at } = event;
    return {
      kind: 'partner',
      providerId,
      rev: 0,
      name,
      status: 'active',
      createdAt: at,
      region,
      policy: { version: 1, text, appliedAt: at, digests: [digest], planVersions },
      modelText,
    };
  }
  if (!state) throw new RangeError(`a partner that is not registered cannot meet ${event.type}`);
  switch (event.type) {
    case 'PartnerStopped':
      return { ...state, status: 'stopped' };
    case 'PartnerStarted':
      return { ...state, status: 'active' };
    case 'PolicyApplied': {
      const { name, version, text, modelText, digest, planVersions, at } = event;
      const digests = [...state.policy.digests, digest].slice(-DIGESTS_MAX);
      return { ...state, name, policy: { version, text, appliedAt: at, digests, planVersions }, modelText };
    }
    default:
      return event satisfies never;
  }
}
