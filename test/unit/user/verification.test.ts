import { describe, expect, it, test } from 'vitest';
import { evolve, VERIFICATIONS_MAX } from '../../../src/domain/user/evolve.ts';
import type { Guard } from '../../../src/domain/partner/policy.ts';
import type { UserState, Verification, VerificationState } from '../../../src/domain/user/state.ts';
import { ROLES } from '../../../src/domain/values.ts';
import { act, after, context, DAY, held, kyc, NOW, planId, policy, told, user } from './world.ts';

type Report = Omit<Verification, 'recordedAt'>;
const report = (state: VerificationState, over: Partial<Report> = {}): Report => ({
  id: 'basic',
  level: 'basic',
  state,
  source: 'internal',
  ...over,
});
const record = (state: UserState, verification: Report, ctx = context()) =>
  act(state, { type: 'record-verification', verification }, ctx);
function outcome(state: UserState, verification: Report, ctx = context()): string {
  const { events, refusal } = record(state, verification, ctx);
  return refusal?.code ?? told(events).join('; ');
}

const byCall = context({ policy: policy({ transitions: { promoteToBasic: 'call' } }) });
const STATES = ['pending', 'approved', 'rejected', 'expired', 'revoked'] as const;

describe('K-1: the diagram of a verification, every pair', () => {
  const edges = ['pending->approved', 'pending->rejected', 'approved->expired', 'approved->revoked'];
  const pairs = STATES.flatMap((from) => STATES.map((to) => [from, to] as const));
  for (const source of ['internal', 'idcheck']) {
    test.each(pairs)(`%s -> %s, reported by ${source}`, (from, to) => {
      const state = user('guest', { verifications: [kyc('basic', { state: from, source })] });
      // K-2: what is known changes nothing; nor does what an external source reports after the decision.
      const late = from !== 'pending' && source !== 'internal';
      const expected = edges.includes(`${from}->${to}`)
        ? `VerificationRecorded basic ${to}`
        : from === to || late
          ? ''
          : 'VERIFICATION_DECIDED';
      expect(outcome(state, report(to, { source }), byCall)).toBe(expected);
    });
  }

  test.each(STATES)('a new one that is %s at once', (to) => {
    const internal =
      to === 'pending' || to === 'approved' ? `VerificationRecorded basic ${to}` : 'VERIFICATION_UNKNOWN';
    const external = to === 'pending' ? 'VerificationRecorded basic pending' : 'VERIFICATION_UNKNOWN';
    expect(outcome(user('guest'), report(to), byCall)).toBe(internal);
    expect(outcome(user('guest'), report(to, { source: 'idcheck' }), byCall)).toBe(external);
  });

  it('B-11: a refused step names the verification and where it may go', () => {
    const state = user('guest', { verifications: [kyc('basic', { state: 'pending' })] });
    expect(record(state, report('revoked')).refusal).toMatchObject({
      code: 'VERIFICATION_DECIDED',
      state: 'role=guest status=active sub_status=absent verification=basic verification_state=pending',
      possible: ['record_verification:approved', 'record_verification:rejected'],
    });
    expect(record(user('guest'), report('rejected')).refusal?.possible).toEqual(['record_verification:pending']);
    const decided = user('guest', { verifications: [kyc('basic', { state: 'rejected' })] });
    expect(record(decided, report('approved')).refusal?.possible).toEqual(['record_verification']);
  });

  it('keeps what an earlier report said and a later one does not', () => {
    const pending = kyc('basic', { state: 'pending', expiresAt: NOW + DAY, evidenceRef: 'vault/1' });
    const state = after(user('guest'), [{ type: 'VerificationRecorded', verification: pending }]);
    const [approved] = after(state, record(state, report('approved'), byCall).events).verifications;
    expect(approved).toEqual({ ...pending, state: 'approved', recordedAt: NOW });
  });

  test.each([
    ['level', { level: 'advanced' }],
    ['source', { source: 'idcheck' }],
  ] as const)('a report with another %s is wrong', (field, over) => {
    const state = user('guest', { verifications: [kyc('basic')] });
    expect(() => record(state, report('revoked', over))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field }),
    );
  });
});

describe('R-6: approval promotes a guest by itself where the policy says so', () => {
  const promoted = 'VerificationRecorded basic approved; RoleChanged guest->basic; SubBaselineSet unsigned';
  test.each([
    ['at once by a reviewer', user('guest'), report('approved'), context(), promoted],
    ['not where a call is asked for', user('guest'), report('approved'), byCall, 'VerificationRecorded basic approved'],
    [
      'not when it has expired',
      user('guest'),
      report('approved', { expiresAt: NOW }),
      context(),
      'VerificationRecorded basic approved; VerificationRecorded basic expired',
    ],
    [
      'not by another level',
      user('guest', { verifications: [kyc('basic')] }),
      report('approved', { id: 'a', level: 'advanced' }),
      context(),
      'VerificationRecorded a approved',
    ],
    [
      'not into a role that is switched off',
      user('guest'),
      report('approved'),
      context({ policy: policy({ rolesEnabled: ROLES.filter((role) => role !== 'basic') }) }),
      'VerificationRecorded basic approved',
    ],
    ['not an admin', user('admin'), report('approved'), context(), 'VerificationRecorded basic approved'],
  ] as const)('%s', (_, state, verification, ctx, expected) => {
    expect(outcome(state, verification, ctx)).toBe(expected);
  });

  it('ends idle at once', () => {
    const idle = user('guest', { idle: { since: 0, until: NOW + DAY } });
    expect(outcome(idle, report('approved'))).toBe(
      'VerificationRecorded basic approved; IdleEnded promotion; RoleChanged guest->basic; SubBaselineSet unsigned',
    );
  });

  it('climbs as far as the policy promotes and the conditions hold', () => {
    const auto = policy({ transitions: { promoteToAdvanced: 'auto', promoteToCompany: 'auto' } });
    const state = user('guest', { verifications: [kyc('advanced')] });
    expect(outcome(state, report('approved'), context({ policy: auto }))).toBe(
      'VerificationRecorded basic approved; RoleChanged guest->basic; SubBaselineSet unsigned; RoleChanged basic->advanced',
    );
  });

  it('R-7: a plan that is signed may be what the policy promotes by', () => {
    const guard: Guard = { kind: 'plan', planId: planId('pro') };
    const ctx = context({ policy: policy({ transitions: { promoteToAdvanced: 'auto', basicToAdvanced: guard } }) });
    const signing = {
      planId: planId('pro'),
      planVersion: 1,
      startedAt: 0,
      expiresAt: NOW + 1,
      codeHash: 'h',
      attemptsLeft: 1,
    };
    const confirm = { type: 'confirm', planId: planId('pro'), codeMatches: true, evidence: {} } as const;
    expect(told(act(user('basic', { signing }), confirm, ctx).events)).toEqual([
      'SubscriptionSigned pro',
      'RoleChanged basic->advanced',
    ]);
  });
});

describe('R-8: what a lost verification takes', () => {
  const ladder = [kyc('basic'), kyc('advanced'), kyc('business')];
  const lose = (state: UserState, level: Verification['level'], to: 'revoked' | 'expired', ctx = context()) =>
    outcome(state, report(to, { id: level, level }), ctx);

  test.each([
    ['company', 'business', ['RoleChanged company->advanced']],
    ['company', 'advanced', ['RoleChanged company->advanced', 'RoleChanged advanced->basic']],
    ['company', 'basic', ['RoleChanged company->advanced', 'RoleChanged advanced->basic', 'RoleChanged basic->guest']],
    ['advanced', 'business', []],
    ['advanced', 'advanced', ['RoleChanged advanced->basic']],
    ['basic', 'advanced', []],
    ['basic', 'basic', ['RoleChanged basic->guest']],
    ['admin', 'basic', []],
    ['guest', 'basic', []],
  ] as const)('a %s user that loses the %s one: %j', (role, level, steps) => {
    for (const to of ['revoked', 'expired'] as const) {
      const state = user(role, { verifications: ladder, subBaseline: 'unsigned' });
      expect(lose(state, level, to)).toBe([`VerificationRecorded ${level} ${to}`, ...steps].join('; '));
    }
  });

  it('all steps are of one change, and R-9 looks at the last role only', () => {
    const exact = context({ policy: policy({ subscription: { eligibility: 'exact' } }) });
    const state = user('company', { verifications: ladder, subscription: held('pro') });
    const steps = 'VerificationRecorded advanced revoked; RoleChanged company->advanced; RoleChanged advanced->basic';
    expect(lose(state, 'advanced', 'revoked', exact)).toBe(steps);
    const corp = user('company', { verifications: ladder, subscription: held('corp') });
    expect(lose(corp, 'advanced', 'revoked', exact)).toBe(`${steps}; SubscriptionEnded downgrade`);
  });

  it('R-2: nobody falls into a role that is switched off', () => {
    const rolesEnabled = ROLES.filter((role) => role !== 'basic');
    const state = user('advanced', { verifications: ladder });
    expect(lose(state, 'advanced', 'revoked', context({ policy: policy({ rolesEnabled }) }))).toBe(
      'VerificationRecorded advanced revoked; RoleChanged advanced->basic; RoleChanged basic->guest',
    );
  });

  it('R-2: those who are in such a role keep it', () => {
    const rolesEnabled = ROLES.filter((role) => role !== 'basic');
    const state = user('basic', { verifications: ladder });
    expect(lose(state, 'advanced', 'revoked', context({ policy: policy({ rolesEnabled }) }))).toBe(
      'VerificationRecorded advanced revoked',
    );
  });

  const approvalOr: Guard = { kind: 'any_of', of: [{ kind: 'approval' }, { kind: 'verification', level: 'advanced' }] };
  const approvalAnd: Guard = {
    kind: 'all_of',
    of: [{ kind: 'approval' }, { kind: 'verification', level: 'advanced' }],
  };
  test.each([
    ['any_of, by approval', approvalOr, true, []],
    ['any_of, by verification', approvalOr, false, ['RoleChanged advanced->basic']],
    ['all_of', approvalAnd, true, ['RoleChanged advanced->basic']],
  ] as const)('a step that rested on approval is kept: %s', (_, guard, approved, steps) => {
    const ctx = context({ policy: policy({ transitions: { basicToAdvanced: guard } }) });
    const basic = user('basic', { verifications: ladder });
    const evidence = { approved, onboarded: false, byAdministration: false };
    const state = after(basic, act(basic, { type: 'change-role', to: 'advanced', evidence }, ctx).events);
    expect(lose(state, 'advanced', 'revoked', ctx)).toBe(
      ['VerificationRecorded advanced revoked', ...steps].join('; '),
    );
  });

  it('a plan that was suspended at the step opened nothing, and does not count', () => {
    const guard: Guard = {
      kind: 'any_of',
      of: [
        { kind: 'plan', planId: planId('pro') },
        { kind: 'verification', level: 'advanced' },
      ],
    };
    const ctx = context({ policy: policy({ transitions: { basicToAdvanced: guard } }) });
    const subscription = held('pro', { holds: [{ reason: 'payment', since: 0 }] });
    const basic = user('basic', { verifications: ladder, subscription });
    const evidence = { approved: false, onboarded: false, byAdministration: false };
    const climbed = after(basic, act(basic, { type: 'change-role', to: 'advanced', evidence }, ctx).events);
    const cancelled = after(climbed, act(climbed, { type: 'cancel', at: 'now' }, ctx).events);
    expect(lose(cancelled, 'advanced', 'revoked', ctx)).toBe(
      'VerificationRecorded advanced revoked; RoleChanged advanced->basic',
    );
  });

  it('a plan that opened the step, and is not tied to it, goes on counting', () => {
    const guard: Guard = {
      kind: 'any_of',
      of: [
        { kind: 'plan', planId: planId('pro') },
        { kind: 'verification', level: 'advanced' },
      ],
    };
    const ctx = context({ policy: policy({ transitions: { basicToAdvanced: guard } }) });
    const basic = user('basic', { verifications: ladder, subscription: held('pro') });
    const evidence = { approved: false, onboarded: false, byAdministration: false };
    const climbed = after(basic, act(basic, { type: 'change-role', to: 'advanced', evidence }, ctx).events);
    const cancelled = after(climbed, act(climbed, { type: 'cancel', at: 'now' }, ctx).events);
    expect(cancelled.role).toBe('advanced');
    expect(lose(cancelled, 'advanced', 'revoked', ctx)).toBe('VerificationRecorded advanced revoked');
  });
});

describe('K-3: renewals', () => {
  const old = kyc('basic', { id: 'old', expiresAt: NOW + DAY });
  const renewal = (state: VerificationState) => kyc('basic', { id: 'new', state });
  const later = context({ now: NOW + DAY });

  test.each([
    ['pending', ['VerificationRecorded old expired', 'RoleChanged basic->guest']],
    ['rejected', ['VerificationRecorded old expired', 'RoleChanged basic->guest']],
    ['approved', ['VerificationRecorded old expired']],
  ] as const)('the old one expires beside a %s one', (state, expected) => {
    const basic = user('basic', { verifications: [old, renewal(state)] });
    expect(told(act(basic, { type: 'settle' }, later).events)).toEqual(expected);
  });

  it('a renewal that begins or is rejected leaves the old one', () => {
    let state = user('basic', { verifications: [old] });
    for (const next of ['pending', 'rejected'] as const) {
      state = after(state, record(state, report(next, { id: 'new' })).events);
      expect(state).toMatchObject({
        role: 'basic',
        verifications: [{ id: 'old', state: 'approved' }, { state: next }],
      });
    }
  });
});

describe('the number of verifications is bounded', () => {
  const many = (state: VerificationState) =>
    Array.from({ length: VERIFICATIONS_MAX }, (_, n) => kyc('basic', { id: `v${n}`, state }));

  it('the oldest that holds no longer gives way', () => {
    const verifications = [kyc('advanced'), ...many('rejected').slice(1)];
    const state = evolve(user('guest', { verifications }), {
      type: 'VerificationRecorded',
      verification: kyc('business'),
    });
    expect(state.verifications).toHaveLength(VERIFICATIONS_MAX);
    expect(state.verifications.map(({ id }) => id)).toEqual([
      'advanced',
      ...verifications.slice(2).map(({ id }) => id),
      'business',
    ]);
  });

  it('a further one is refused when all are pending or approved', () => {
    expect(() => record(user('basic', { verifications: many('pending') }), report('pending', { id: 'x' }))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});
