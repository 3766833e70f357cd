import { Fault } from '../domain/errors.ts';
import { parseProviderId, type Actor, type ProviderId } from '../domain/values.ts';
import type { Scope } from '../ports/document-store.ts';

/** Who calls, as its credential says. The partner comes from here, never from the request alone (P-6). */
export interface Caller {
  readonly keyId: string;
  /** `undefined`: a platform operator (P-7). */
  readonly providerId: ProviderId | undefined;
  readonly scopes: ReadonlySet<Scope>;
}

export function actorOf(caller: Caller): Actor {
  return { kind: caller.providerId === undefined ? 'operator' : 'key', id: caller.keyId };
}

export function requireScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.has(scope)) {
    throw new Fault('SCOPE_MISSING', `the key lacks the scope ${scope}`, { rule: `scope ${scope}` });
  }
}

/**
 * The partner of a call: the caller's own; an operator names one. A partner's key that names another partner is told
 * that there is none (P-6).
 */
export function partnerOf(caller: Caller, named: string | undefined): ProviderId {
  const given = named === undefined || named === '' ? undefined : parseProviderId(named, 'provider_id');
  if (caller.providerId !== undefined) {
    if (given !== undefined && given !== caller.providerId) throw new Fault('PARTNER_NOT_FOUND', 'no such partner');
    return caller.providerId;
  }
  if (given === undefined) {
    throw new Fault('INVALID_ARGUMENT', 'provider_id: an operator names the partner', {
      field: 'provider_id',
      rule: 'required for an operator',
    });
  }
  return given;
}
