import { Fault } from '../../domain/errors.ts';
import type { Verification, VerificationLevel, VerificationState } from '../../domain/user/state.ts';
import { parseRole, parseUserId, parseZone, ROLES, type PartnerStatus, type UserId } from '../../domain/values.ts';
import type { ChangedUser } from '../../services/directory.ts';
import type { Operation } from '../operation.ts';
import {
  CAUSE,
  flag,
  given,
  objectOf,
  oneOf,
  PAGE_SIZE,
  PAGE_TOKEN,
  parseMoment,
  PROVIDER_ID,
  text,
  USER_ID,
} from './fields.ts';
import { renderAuditEntry, renderPartner, renderUser } from './render.ts';

interface WireOfPartner {
  readonly provider_id?: string;
}

interface WireOfUser extends WireOfPartner {
  readonly user_id: string;
  readonly cause?: string;
}

interface WirePage extends WireOfPartner {
  readonly page_size?: number;
  readonly page_token?: string;
}

interface WireVerification {
  readonly verification_id: string;
  readonly level: VerificationLevel;
  readonly state: VerificationState;
  readonly source: string;
  readonly expires_at?: string;
  readonly evidence_ref?: string;
}

const VERIFICATION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const SOURCE = /^[\x21-\x7e]{1,64}$/;
const EVIDENCE_REF_LENGTH_MAX = 512;

const VERIFICATION = objectOf(
  {
    verification_id: text('Chosen by the caller, 1 to 64 characters A-Z a-z 0-9 _ -, unique within the user.', 64),
    level: oneOf(['basic', 'advanced', 'business'] satisfies VerificationLevel[], 'Levels are independent.'),
    state: oneOf(
      ['pending', 'approved', 'rejected', 'expired', 'revoked'] satisfies VerificationState[],
      'pending, then approved or rejected; approved, then expired or revoked (K-1).',
    ),
    source: text('`internal`, or the name of the external provider; 1 to 64 printable ASCII characters.', 64),
    expires_at: text('RFC 3339; absent: does not expire.', 64),
    evidence_ref: text('Where the evidence is kept; never the evidence itself.', EVIDENCE_REF_LENGTH_MAX),
  },
  ['verification_id', 'level', 'state', 'source'],
);

const OF_USER = { user_id: USER_ID, provider_id: PROVIDER_ID };
const PAGE = { page_size: PAGE_SIZE, page_token: PAGE_TOKEN, provider_id: PROVIDER_ID };

const ofUser = (wire: WireOfUser) => ({
  providerId: wire.provider_id,
  userId: parseUserId(wire.user_id, 'user_id'),
  cause: given(wire.cause),
});

const ofPage = (wire: WirePage) => ({
  providerId: wire.provider_id,
  pageSize: wire.page_size,
  pageToken: wire.page_token,
});

function parseVerification(wire: WireVerification): Omit<Verification, 'recordedAt'> {
  requireShape(VERIFICATION_ID, wire.verification_id, 'verification_id', '1 to 64 characters A-Z a-z 0-9 _ -');
  requireShape(SOURCE, wire.source, 'source', '1 to 64 printable ASCII characters');
  const expiresAt = parseMoment(wire.expires_at, 'verification.expires_at');
  const evidenceRef = given(wire.evidence_ref);
  return {
    id: wire.verification_id,
    level: wire.level,
    state: wire.state,
    source: wire.source,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(evidenceRef !== undefined && { evidenceRef }),
  };
}

function requireShape(shape: RegExp, value: string, name: string, rule: string): void {
  const field = `verification.${name}`;
  if (!shape.test(value)) throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}

const renderChanged = ({ state, now, token }: ChangedUser) => ({
  user: renderUser(state, now),
  consistency_token: token,
});

/** The last page has no next_page_token. */
const nextPage = (next: string | undefined) => (next === undefined ? {} : { next_page_token: next });

const USER_OPERATIONS: readonly Operation[] = [
  {
    service: 'DirectoryService',
    method: 'CreateUser',
    http: { method: 'POST', path: '/v1/users', status: 201 },
    scope: 'directory',
    request: objectOf(
      {
        user_id: { ...USER_ID, description: 'Made by Gatehouse when absent.' },
        zone: text('ISO 3166-1 alpha-2, lower case.', 8),
        provider_id: PROVIDER_ID,
      },
      ['zone'],
    ),
    async call({ directory }, caller, wire: WireOfPartner & { user_id?: string; zone: string }) {
      const named = given(wire.user_id);
      const userId: UserId | undefined = named === undefined ? undefined : parseUserId(named, 'user_id');
      const zone = parseZone(wire.zone, 'zone');
      return renderChanged(await directory.createUser(caller, { providerId: wire.provider_id, userId, zone }));
    },
  },
  {
    service: 'DirectoryService',
    method: 'GetUser',
    http: { method: 'GET', path: '/v1/users/{user_id}' },
    scope: 'directory',
    request: objectOf(OF_USER, ['user_id']),
    async call({ directory }, caller, wire: WireOfUser) {
      const { state, now } = await directory.getUser(caller, ofUser(wire));
      return { user: renderUser(state, now) };
    },
  },
  {
    service: 'DirectoryService',
    method: 'ListUsers',
    http: { method: 'GET', path: '/v1/users' },
    scope: 'directory',
    request: objectOf(PAGE),
    async call({ directory }, caller, wire: WirePage) {
      const { users, next, now } = await directory.listUsers(caller, ofPage(wire));
      return { users: users.map((user) => renderUser(user, now)), ...nextPage(next) };
    },
  },
  {
    service: 'DirectoryService',
    method: 'SetUserActive',
    http: { method: 'PUT', path: '/v1/users/{user_id}/active' },
    scope: 'directory',
    request: objectOf({ ...OF_USER, active: flag('False deactivates, true reactivates (R-4).'), cause: CAUSE }, [
      'user_id',
      'active',
    ]),
    async call({ directory }, caller, wire: WireOfUser & { active: boolean }) {
      return renderChanged(await directory.setUserActive(caller, { ...ofUser(wire), active: wire.active }));
    },
  },
  {
    service: 'DirectoryService',
    method: 'ChangeRole',
    http: { method: 'POST', path: '/v1/users/{user_id}/role' },
    scope: 'directory',
    request: objectOf(
      {
        ...OF_USER,
        to: oneOf(ROLES, 'The role to enter, one step away.'),
        evidence: objectOf(
          { approved: flag('An admin has approved.'), onboarded: flag('The corporate onboarding is done.') },
          [],
          'What the caller vouches for (R-7).',
        ),
        cause: CAUSE,
      },
      ['user_id', 'to'],
    ),
    async call(
      { directory },
      caller,
      wire: WireOfUser & { to: string; evidence?: { approved?: boolean; onboarded?: boolean } },
    ) {
      const { approved = false, onboarded = false } = wire.evidence ?? {};
      const to = parseRole(wire.to, 'to');
      return renderChanged(await directory.changeRole(caller, { ...ofUser(wire), to, approved, onboarded }));
    },
  },
  {
    service: 'DirectoryService',
    method: 'ClearReview',
    http: { method: 'DELETE', path: '/v1/users/{user_id}/review' },
    scope: 'directory',
    request: objectOf({ ...OF_USER, cause: CAUSE }, ['user_id']),
    async call({ directory }, caller, wire: WireOfUser) {
      return renderChanged(await directory.clearReview(caller, ofUser(wire)));
    },
  },
  {
    service: 'DirectoryService',
    method: 'RecordVerification',
    http: { method: 'POST', path: '/v1/users/{user_id}/verifications' },
    scope: 'directory',
    request: objectOf({ ...OF_USER, verification: VERIFICATION, cause: CAUSE }, ['user_id', 'verification']),
    async call({ directory }, caller, wire: WireOfUser & { verification: WireVerification }) {
      const verification = parseVerification(wire.verification);
      const recorded = await directory.recordVerification(caller, { ...ofUser(wire), verification });
      return { ...renderChanged(recorded), changed: recorded.changed };
    },
  },
  {
    service: 'DirectoryService',
    method: 'ListUserAudit',
    http: { method: 'GET', path: '/v1/users/{user_id}/audit' },
    scope: 'directory',
    request: objectOf({ user_id: USER_ID, ...PAGE }, ['user_id']),
    async call({ directory }, caller, wire: WireOfUser & WirePage) {
      const { entries, next } = await directory.auditOfUser(caller, { ...ofPage(wire), ...ofUser(wire) });
      return { entries: entries.map(renderAuditEntry), ...nextPage(next) };
    },
  },
];

const PARTNER_OPERATIONS: readonly Operation[] = [
  {
    service: 'DirectoryService',
    method: 'GetPartner',
    http: { method: 'GET', path: '/v1/partner' },
    scope: 'directory',
    request: objectOf({ provider_id: PROVIDER_ID }),
    call({ partners }, caller, wire: WireOfPartner) {
      return { partner: renderPartner(partners.get(caller, { providerId: wire.provider_id })) };
    },
  },
  {
    service: 'DirectoryService',
    method: 'SetPartnerStatus',
    http: { method: 'PUT', path: '/v1/partner/status' },
    scope: 'directory',
    operatorsOnly: true,
    request: objectOf({ provider_id: PROVIDER_ID, status: oneOf(['active', 'stopped'], 'P-2.'), cause: CAUSE }, [
      'provider_id',
      'status',
    ]),
    async call({ partners }, caller, wire: WireOfPartner & { status: PartnerStatus; cause?: string }) {
      const request = { providerId: wire.provider_id, status: wire.status, cause: given(wire.cause) };
      const { partner, token } = await partners.setStatus(caller, request);
      return { partner: renderPartner(partner), consistency_token: token };
    },
  },
];

export const DIRECTORY_OPERATIONS: readonly Operation[] = [...USER_OPERATIONS, ...PARTNER_OPERATIONS];
