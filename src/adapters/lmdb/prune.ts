import { LOOK_BACK_MS_MAX } from '../../domain/partner/ladder.ts';
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
    if (removeRow(databases, value, now)) removed += 1;
  }
  return { seen: due.length, removed };
}

/** Whether there was a row to remove. */
function removeRow(databases: Databases, value: Expiry, now: Millis): boolean {
  switch (value.kind) {
    case 'session': {
      const isGone = removeEndedSession(databases, value.sessionId, now);
      if (isGone) dropIdleHead(databases, userKeyOfSession(value.sessionId), now);
      return isGone;
    }
    case 'answer': {
      const isGone = removeAnswer(databases, value, now);
      if (isGone) dropIdleHead(databases, value.user, now);
      return isGone;
    }
    case 'standing':
      return dropIdleHead(databases, value.user, now);
    default:
      return value satisfies never;
  }
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

/**
 * The last record of a user takes the ends of the log with it, for nothing counts from them any more; only the days that a
 * rung can look back to keep them. Whether they went.
 */
function dropIdleHead({ answers, sessions, admissionHeads }: Databases, user: string, now: Millis): boolean {
  const head = admissionHeads.get(user);
  const noted = head?.exceededAt?.at(-1);
  if (!head || (noted !== undefined && noted + LOOK_BACK_MS_MAX > now)) return false;
  const kept = [
    ...answers.getKeys({ ...below(user), limit: 1 }),
    ...sessions.getKeys({ ...sessionsOfUser(user), limit: 1 }),
  ];
  if (kept.length > 0) return false;
  admissionHeads.removeSync(user);
  return true;
}
