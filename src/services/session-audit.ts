import { Fault } from '../domain/errors.ts';
import { ownerOfSession, type Millis, type SessionId } from '../domain/values.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import { actorOf, type Caller } from './caller.ts';

/** What somebody did with a session. */
export interface SessionAct {
  readonly sessionId: SessionId;
  readonly event: string;
  readonly at: Millis;
  /** Why, where the caller says so. */
  readonly cause?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * An operator's acts on a partner are audited (P-7), and whatever is done for a cause; without the id of the session (C-7). What a
 * partner's own callers do with its sessions is its everyday.
 */
export async function auditOfSession(audit: AuditLog, caller: Caller, act: SessionAct): Promise<void> {
  const { sessionId, event, at, cause, detail = {} } = act;
  if (caller.providerId !== undefined && cause === undefined) return;
  const owner = ownerOfSession(sessionId);
  await audit.append([{ at, ...owner, event, actor: actorOf(caller), cause: cause ?? event, detail }]);
}

export function sessionNotFound(): Fault {
  return new Fault('SESSION_NOT_FOUND', 'no such session', { field: 'session_id', rule: 'P-6' });
}
