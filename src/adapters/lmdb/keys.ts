import type { Millis, OperationId, ProviderId, SessionId, UserId } from '../../domain/values.ts';
import type { DocumentId, DocumentKind, Sequence } from '../../ports/document-store.ts';

/**
 * Keys are parts joined by `/`, numbers in 14 hexadecimal digits, so that the order of keys is the order of parts. Every part but
 * the last is of a fixed length or free of `/`.
 */
const HEX_DIGITS = 14;

export const ordered = (value: number | bigint) => value.toString(16).padStart(HEX_DIGITS, '0');
const NANOSECOND_DIGITS = 16;
const orderedNs = (value: bigint) => value.toString(16).padStart(NANOSECOND_DIGITS, '0');
/** The last `/`-separated part of a key, as the number that it is. */
export const lastNumber = (key: string) => Number.parseInt(key.slice(-HEX_DIGITS), 16);

/** All keys that go on below a prefix: `0` follows `/`. */
export const below = (prefix: string) => ({ start: `${prefix}/`, end: `${prefix}0` });
/** The same, newest first. */
export const belowReversed = (prefix: string) => ({ start: `${prefix}0`, end: `${prefix}/`, reverse: true });

export const documentKey = (kind: DocumentKind, id: DocumentId) => `${kind}/${id}`;

export const creationKey = (providerId: ProviderId, createdAtNs: bigint, userId: UserId) =>
  `${providerId}/${orderedNs(createdAtNs)}/${userId}`;
export const creationBound = (providerId: ProviderId, createdAtNs: bigint) => `${providerId}/${orderedNs(createdAtNs)}`;
export const userOfCreationKey = (key: string) => key.slice(-7) as UserId;

export const dueKey = (providerId: ProviderId, dueAt: Millis, userId: UserId) =>
  `${providerId}/${ordered(dueAt)}/${userId}`;
/** Everything that is due at a moment or before lies before this key. */
export const dueBound = (providerId: ProviderId, now: Millis) => `${providerId}/${ordered(now)}0`;
export const userOfDueKey = (key: string) => key.slice(-7) as UserId;

/** Acts on the platform itself stand where a provider_id would. */
export const auditScope = (providerId: ProviderId | undefined) => providerId ?? '-';
export const auditPosition = (sequence: Sequence, index: number) => `${ordered(sequence)}/${ordered(index)}`;
const AUDIT_POSITION = /^[0-9a-f]{14}\/[0-9a-f]{14}$/;
export const isAuditPosition = (text: string) => AUDIT_POSITION.test(text);
export const positionOfAuditKey = (key: string) => key.slice(-2 * HEX_DIGITS - 1);

/** `provider_id.user_id`: how a session id begins, too. */
export const userKey = (providerId: ProviderId, userId: UserId) => `${providerId}.${userId}`;
export const userKeyOfSession = (sessionId: SessionId) => sessionId.slice(0, 12);

/** `/` follows `.`. */
export const sessionsOfUser = (user: string) => ({ start: `${user}.`, end: `${user}/` });

export const openSessionKey = (user: string, order: number) => `${user}/${ordered(order)}`;
export const totalKey = (user: string, total: number) => `${user}/${ordered(total)}`;
export const momentKey = (user: string, at: Millis, total: number) => `${user}/${ordered(at)}/${ordered(total)}`;
/** After every row of that moment. */
export const momentBound = (user: string, at: Millis) => `${user}/${ordered(at)}0`;
export const answerKey = (user: string, operationId: OperationId) => `${user}/${operationId}`;
export const answerExpiryKey = (at: Millis, user: string, operationId: OperationId) =>
  `${ordered(at)}/o/${user}/${operationId}`;
export const sessionExpiryKey = (at: Millis, sessionId: SessionId) => `${ordered(at)}/s/${sessionId}`;
export const standingExpiryKey = (at: Millis, user: string) => `${ordered(at)}/u/${user}`;
/** Every expiry that is due at a moment lies before this key. */
export const expiryBound = (now: Millis) => `${ordered(now)}0`;
