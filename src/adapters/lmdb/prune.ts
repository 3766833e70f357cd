import { WEEK_MS } from '../../domain/session/windows.ts';
import type { Millis } from '../../domain/values.ts';
import type { Databases, Expiry } from './databases.ts';
import { answerKey, below, expiryBound, sessionsOfUser, totalKey, userKeyOfSession } from './keys.ts';
import { forgetOperation } from './operation-log.ts';
import { removeEndedSession } from './session-rows.ts';

/** Records that one write removes at most: others wait no longer than that takes. */
export const PRUNE_STEP = 200;

/** Within a write: up to `limit` of the records that are due, oldest first. An admission is one record, with its row in the log. */
export function pruneStep(databases: Databases, now: Millis, limit: number): { seen: number; removed: number } {
  const due = Array.from(databases.expiries.getRange({ end: expiryBound(now), limit }));
  let removed = 0;
  for (const { key, value } of due) {
    databases.expiries.removeSync(key);
    if (
      value.kind === 'session'
        ? removeEndedSession(databases, value.sessionId, now)
        : removeAnswer(databases, value, now)
    ) {
      removed += 1;
      dropIdleHead(databases, value.kind === 'session' ? userKeyOfSession(value.sessionId) : value.user);
    }
  }
  return { seen: due.length, removed };
}

function removeAnswer(databases: Databases, expiry: Extract<Expiry, { kind: 'answer' }>, now: Millis): boolean {
  const { user, operationId, total } = expiry;
  if (total > 0) forgetCounted(databases, user, total);
  const key = answerKey(user, operationId);
  const answer = databases.answers.get(key);
  // The id may have been used anew after its 7 days and before this run: that answer has an expiry of its own.
  if (!answer || answer.admission.at + WEEK_MS > now) return total > 0;
  databases.answers.removeSync(key);
  return true;
}

function forgetCounted(databases: Databases, user: string, total: number): void {
  const head = databases.admissionHeads.get(user);
  if (!head) return;
  const at = databases.operationsByTotal.get(totalKey(user, total));
  if (at !== undefined) forgetOperation(databases, user, at, total);
  databases.admissionHeads.putSync(user, { ...head, forgotten: Math.max(head.forgotten, total) });
}

/** The last record of a user takes the ends of the log with it: nothing counts from them any more. */
function dropIdleHead({ answers, sessions, admissionHeads }: Databases, user: string): void {
  const kept = [
    ...answers.getKeys({ ...below(user), limit: 1 }),
    ...sessions.getKeys({ ...sessionsOfUser(user), limit: 1 }),
  ];
  if (kept.length === 0) admissionHeads.removeSync(user);
}
