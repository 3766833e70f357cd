import type { Admission } from '../domain/session/state.ts';
import type { ProviderId, UserId } from '../domain/values.ts';
import type { Sequence } from '../ports/document-store.ts';
import type { Because, Changes } from './change.ts';

/** Who changes a user document for what an admission found. */
const BY_ADMISSION = { kind: 'system', id: 'admission' } as const;

/**
 * Commits what an admission, or a preflight, found to change in the user document (S-4, S-8), before its answer is given. An answer that
 * was recorded and then cut short brings its effect again: what the document has taken in already changes nothing. Resolves with the
 * position of the commit; undefined when none was needed.
 */
export async function applyEffect(
  changes: Changes,
  owner: { readonly providerId: ProviderId; readonly userId: UserId },
  { effect, endsIdle, reason, at }: Pick<Admission, 'effect' | 'endsIdle' | 'reason' | 'at'>,
): Promise<Sequence | undefined> {
  let sequence: Sequence | undefined;
  if (endsIdle) {
    const because: Because = { actor: BY_ADMISSION, cause: 'limit-raised' };
    const ended = await changes.changeUser(owner.providerId, owner.userId, because, ({ idle }) =>
      // Not an idle that began after it: the answer may be a repeat.
      idle && idle.since <= at ? { type: 'end-idle' } : { replay: true },
    );
    sequence = ended.sequence;
  }
  if (effect) {
    const because: Because = { actor: BY_ADMISSION, cause: reason };
    const taken = await changes.changeUser(owner.providerId, owner.userId, because, ({ enforcement }) =>
      effect.at <= (enforcement?.appliedAt ?? 0) ? { replay: true } : { type: 'enforce', effect },
    );
    sequence = taken.sequence ?? sequence;
  }
  return sequence;
}
