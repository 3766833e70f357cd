import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { Fault } from '../domain/errors.ts';
import type { Actor, Millis, ProviderId } from '../domain/values.ts';
import { SCOPES, type AuditEntry, type KeyState, type Scope } from '../ports/document-store.ts';
import type { Changes } from './change.ts';
import { formatKeyText, parseKeyText } from './key-text.ts';
import type { Replica } from './replica.ts';
import { untilCommitted } from './until-committed.ts';

/** Label of the keys that configurations have named. */
export const CONFIGURED_LABEL = 'operator (configured)';

export interface NewKey {
  /** `undefined`: a platform operator's (P-7). */
  readonly providerId: ProviderId | undefined;
  readonly scopes: readonly Scope[];
  /** 1 to 100 characters, for people. */
  readonly label: string;
  /** Absent: until revoked. */
  readonly expiresAt?: Millis | undefined;
}

/** A key as it may be shown: without its secret's hash. */
export type KeyListing = Omit<KeyState, 'kind' | 'rev' | 'secretHash'>;

const KEY_ID_LENGTH = 12;
const KEY_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SECRET_BYTES = 32;
const LABEL_LENGTH_MAX = 100;

/** API keys (design §5). A secret is shown once, in the answer to `create`, and kept as its SHA-256 only. */
export class KeyService {
  readonly #changes: Changes;
  readonly #replica: Replica;

  constructor(changes: Changes, replica: Replica) {
    this.#changes = changes;
    this.#replica = replica;
  }

  /** Makes a key. `token` is what callers send: `ghk_<keyId>_<secret>`. PARTNER_NOT_FOUND for a partner that does not exist. */
  async create(request: NewKey, actor: Actor): Promise<{ keyId: string; token: string }> {
    await this.#replica.fresh();
    if (request.providerId !== undefined) this.#changes.partner(request.providerId);
    check(request, this.#changes.now());
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    return untilCommitted(async () => {
      const keyId = randomKeyId();
      const made = await this.#commit(newState(request, keyId, secret, this.#changes.now()), 'KeyCreated', actor);
      return made ? { keyId, token: formatKeyText({ keyId, secret }) } : undefined;
    });
  }

  /**
   * Takes a fixed operator key, with every scope; again is no change. Throws INVALID_ARGUMENT for a text of another
   * shape, and for the id of a key that is revoked, a partner's, or has another secret.
   */
  async importOperatorKey(token: string, actor: Actor): Promise<{ keyId: string; created: boolean }> {
    const text = parseKeyText(token);
    if (text === undefined) throw badOperatorKey('ghk_<12 of a-z 0-9>_<43 of base64url>');
    const { keyId, secret } = text;
    await this.#replica.fresh();
    const request: NewKey = { providerId: undefined, scopes: SCOPES, label: CONFIGURED_LABEL };
    const state = newState(request, keyId, secret, this.#changes.now());
    if (await this.#commit(state, 'KeyCreated', actor)) return { keyId, created: true };
    await this.#replica.fresh();
    const known = this.#replica.key(keyId);
    if (!known || known.providerId !== undefined || known.revokedAt !== undefined || !isSameHash(known, state)) {
      throw badOperatorKey('the id is that of another key, or of one that is revoked');
    }
    return { keyId, created: false };
  }

  /** Every key, revoked and expired ones included, by time of making; with `providerId`, those of one partner. */
  async list(providerId?: ProviderId): Promise<KeyListing[]> {
    await this.#replica.fresh();
    return [...this.#replica.keys()]
      .filter((key) => providerId === undefined || key.providerId === providerId)
      .sort((a, b) => a.createdAt - b.createdAt || (a.keyId < b.keyId ? -1 : 1))
      .map(listingOf);
  }

  /** Revokes a key, in force at once on every replica; one that is revoked stays so. NOT_FOUND for an unknown one. */
  async revoke(keyId: string, actor: Actor): Promise<KeyListing> {
    return untilCommitted(async () => {
      await this.#replica.fresh();
      const key = this.#replica.key(keyId);
      if (!key) throw new Fault('NOT_FOUND', 'no such key', { field: 'key_id' });
      if (key.revokedAt !== undefined) return listingOf(key);
      const revoked = { ...key, rev: key.rev + 1, revokedAt: this.#changes.now() };
      return (await this.#commit(revoked, 'KeyRevoked', actor)) ? listingOf(revoked) : undefined;
    });
  }

  async #commit(key: KeyState, event: string, actor: Actor): Promise<boolean> {
    const entry: AuditEntry = {
      at: this.#changes.now(),
      providerId: key.providerId,
      event,
      actor,
      cause: key.label,
      detail: { key_id: key.keyId, label: key.label, scopes: [...key.scopes] },
    };
    return (await this.#changes.commit(key, [entry])) !== undefined;
  }
}

function listingOf(key: KeyState): KeyListing {
  const { keyId, providerId, scopes, label, createdAt, expiresAt, revokedAt } = key;
  return {
    keyId,
    providerId,
    scopes,
    label,
    createdAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(revokedAt !== undefined && { revokedAt }),
  };
}

function check({ scopes, label, expiresAt }: NewKey, now: Millis): void {
  if (scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope))) {
    throw invalid('scopes', `one or more of ${SCOPES.join(', ')}`);
  }
  if (label.length === 0 || label.length > LABEL_LENGTH_MAX) {
    throw invalid('label', `1 to ${LABEL_LENGTH_MAX} characters`);
  }
  if (expiresAt !== undefined && !(expiresAt > now)) throw invalid('expires_at', 'a moment to come');
}

function newState(request: NewKey, keyId: string, secret: string, createdAt: Millis): KeyState {
  return {
    kind: 'key',
    keyId,
    rev: 1,
    providerId: request.providerId,
    secretHash: createHash('sha256').update(secret).digest('hex'),
    scopes: SCOPES.filter((scope) => request.scopes.includes(scope)),
    label: request.label,
    createdAt,
    ...(request.expiresAt !== undefined && { expiresAt: request.expiresAt }),
  };
}

function randomKeyId(): string {
  return Array.from({ length: KEY_ID_LENGTH }, () => KEY_ID_ALPHABET.charAt(randomInt(KEY_ID_ALPHABET.length))).join(
    '',
  );
}

function isSameHash(a: KeyState, b: KeyState): boolean {
  return timingSafeEqual(Buffer.from(a.secretHash, 'hex'), Buffer.from(b.secretHash, 'hex'));
}

function badOperatorKey(rule: string): Fault {
  return new Fault('INVALID_ARGUMENT', `the operator key: ${rule}`, { field: 'GATEHOUSE_OPERATOR_KEY', rule });
}

function invalid(field: string, rule: string): Fault {
  return new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}
