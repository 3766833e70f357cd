import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Policy } from '../../../src/domain/partner/policy.ts';
import { isSubscriber } from '../../../src/domain/plan/may-hold.ts';
import { decide } from '../../../src/domain/user/decide.ts';
import type { Decision } from '../../../src/domain/user/decision.ts';
import { evolve } from '../../../src/domain/user/evolve.ts';
import { isEdge } from '../../../src/domain/user/role-ladder.ts';
import { nextDue, settle } from '../../../src/domain/user/settle.ts';
import type { Effect } from '../../../src/domain/session/state.ts';
import { subStatusAt, type UserState } from '../../../src/domain/user/state.ts';
import { PLAN_ACTIONS, type PlanAction } from '../../../src/domain/user/table.ts';
import type { PlanCommand, UserCommand, UserContext, UserEvent } from '../../../src/domain/user/commands.ts';
import { HOLD_REASONS, ROLES, type Role, type SubStatus, type Zone } from '../../../src/domain/values.ts';
import { after, context, DAY, kyc, MINUTE, NOW, P, plan, planId, PLANS, policy, U } from './world.ts';

const pro = planId('pro');
const plans = [
  ...PLANS,
  plan('extra'),
  plan('adv2', { availableFor: ['advanced'] }),
  plan('corp2', { availableFor: ['company'] }),
];
const auto = { promoteToAdvanced: 'auto', promoteToCompany: 'auto' } as const;
const worlds: Policy[] = [
  policy(),
  policy({ subscription: { switching: true, unresolvedMs: DAY } }),
  policy({ subscription: { switching: true, switchNeedsCode: true, eligibility: 'exact' }, transitions: auto }),
  policy({
    subscription: { switching: true, confirmConditions: ['payment_reference', 'fraud_check'] },
    transitions: {
      ...auto,
      tiedTo: { advanced: pro, company: planId('adv') },
      basicToAdvanced: {
        kind: 'any_of',
        of: [
          { kind: 'plan', planId: pro },
          { kind: 'verification', level: 'advanced' },
        ],
      },
      advancedToCompany: { kind: 'all_of', of: [{ kind: 'approval' }, { kind: 'verification', level: 'business' }] },
    },
  }),
  policy({ rolesEnabled: ROLES.filter((role) => role !== 'advanced'), transitions: { promoteToBasic: 'call' } }),
];

const anyPlan = fc.constantFrom(pro, pro, ...plans.map((each) => each.planId));
const hold = fc.constantFrom(...HOLD_REASONS);
const evidence = fc.constantFrom(
  {},
  ...Array.from({ length: 3 }, () => ({ paymentReference: 'r', fraudCheckPassed: true })),
);
const planCommand: fc.Arbitrary<PlanCommand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('subscribe', 'switch'), planId: anyPlan, codeHash: fc.constant('h') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('confirm'),
      planId: anyPlan,
      codeMatches: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      evidence,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel'), at: fc.constantFrom('now', 'period_end') }) },
  { weight: 1, arbitrary: fc.constant({ type: 'keep' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('suspend', 'restore'), hold }) },
) as fc.Arbitrary<PlanCommand>;
const verification = fc.record({
  id: fc.constantFrom('v1', 'v2', 'v3'),
  level: fc.constantFrom('basic', 'advanced', 'business'),
  state: fc.constantFrom('pending', 'approved', 'approved', 'rejected', 'expired', 'revoked'),
  source: fc.constant('internal'),
  expiresIn: fc.option(fc.integer({ min: 0, max: 60 * DAY }), { nil: undefined }),
});
const roleEvidence = fc.record({ approved: fc.boolean(), onboarded: fc.boolean(), byAdministration: fc.boolean() });
type Step = { command: (state: UserState, now: number) => UserCommand; gap: number; stopped: boolean };
const fixed = (command: UserCommand) => () => command;
const effectKind = fc.constantFrom('idle', 'review', 'suspend');
/** Some come late, or a second time: of a role that the user has no more, or at a moment that was taken in. */
function enforcing({ late, kind, ms }: { late: number; kind: string; ms: number }): Step['command'] {
  return (state, now) => {
    const at = late === 0 ? (state.enforcement?.appliedAt ?? now) : now;
    const role = late === 1 ? 'guest' : state.role;
    return { type: 'enforce', effect: { at, role, kind, until: now + ms } as Effect };
  };
}
const step: fc.Arbitrary<Step> = fc.record({
  command: fc.oneof(
    { weight: 14, arbitrary: fc.array(planCommand, { minLength: 1, maxLength: 4 }).map(fitting) },
    {
      weight: 3,
      arbitrary: verification.map(({ expiresIn, ...rest }) => (state: UserState, now: number): UserCommand => {
        // A known id keeps its level: the fault for another one has a test of its own.
        const level = state.verifications.find(({ id }) => id === rest.id)?.level ?? rest.level;
        const expiry = expiresIn === undefined ? {} : { expiresAt: now + expiresIn };
        return { type: 'record-verification', verification: { ...rest, level, ...expiry } };
      }),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({ type: fc.constant('change-role' as const), to: fc.constantFrom(...ROLES), evidence: roleEvidence })
        .map(fixed),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('deactivate', 'activate', 'settle')
        .map((type) => (state: UserState): UserCommand => ({ type: state.inactive ? 'activate' : type })),
    },
    { weight: 2, arbitrary: fc.record({ late: fc.nat(3), kind: effectKind, ms: fc.nat(DAY) }).map(enforcing) },
    { weight: 1, arbitrary: fc.constantFrom<UserCommand>({ type: 'clear-review' }, { type: 'end-idle' }).map(fixed) },
  ),
  gap: fc.oneof({ weight: 9, arbitrary: fc.nat(3 * MINUTE) }, fc.nat(20 * MINUTE), fc.nat(20 * DAY)),
  stopped: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

/** The first that the state has a use for, if there is one; most confirmations name the plan that waits. */
function fitting(commands: readonly PlanCommand[]): Step['command'] {
  return (state, now) => {
    const open = state.signing ? ['confirm', 'cancel'] : state.subscription ? SUBSCRIBED : ['subscribe'];
    const command = commands.find(({ type }) => open.includes(type)) ?? commands[0];
    if (!command) return { type: 'settle' };
    const follows = command.type === 'confirm' && now % 8 > 0 && state.signing;
    return follows ? { ...command, planId: follows.planId } : command;
  };
}

const SUBSCRIBED: readonly string[] = ['suspend', 'restore', 'cancel', 'keep', 'switch'];

/** A user as it may come from elsewhere, in any role. */
const origin = fc
  .record({
    role: fc.constantFrom(...ROLES, 'basic' as const, 'advanced' as const),
    expiresIn: fc.integer({ min: 1, max: 200 * DAY }),
  })
  .map(({ role, expiresIn }): UserCommand => {
    const verifications =
      role === 'guest' ? [] : [kyc('basic'), kyc('advanced', { expiresAt: NOW + expiresIn }), kyc('business')];
    const user = {
      userId: U,
      providerId: P,
      zone: 'at' as Zone,
      createdAtNs: 1n,
      role,
      inactive: false,
      verifications,
    };
    return { type: 'import', user };
  });

interface Story {
  readonly origin: UserCommand;
  readonly steps: readonly Step[];
  readonly world: Policy;
  /** When plan `plus` is discontinued. */
  readonly goneAt: number;
}

interface Met {
  readonly before: UserState;
  readonly decision: Decision;
  readonly state: UserState;
  readonly ctx: UserContext;
  readonly command: UserCommand;
}

/** Runs the commands on one user and shows each step; returns all events. */
function run({ origin: born, steps, world, goneAt }: Story, look: (met: Met) => void): [UserState, UserEvent[]] {
  const known = plans.map((each) => (each.planId === 'plus' ? { ...each, discontinuedAt: goneAt } : each));
  const log = [...decide(born, undefined, context({ policy: world })).events];
  let state = after(undefined, log);
  let now = NOW;
  for (const { command, gap, stopped } of steps) {
    now += gap;
    const ctx = context({ now, policy: world, plans: known, partnerStatus: stopped ? 'stopped' : 'active' });
    const before = deepFreeze(state);
    const asked = command(before, now);
    const decision = decide(asked, before, ctx);
    state = after(before, decision.events);
    log.push(...decision.events);
    look({ before, decision, state, ctx, command: asked });
  }
  return [state, log];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

const sequence: fc.Arbitrary<Story> = fc.record({
  origin,
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
  world: fc.constantFrom(...worlds),
  goneAt: fc.constantFrom(NOW + DAY, NOW + 30 * DAY, Infinity),
});
const holds = (look: (met: Met) => void) =>
  fc.assert(
    fc.property(sequence, (story) => {
      run(story, look);
    }),
    { numRuns: 70 },
  );

describe('any sequence of commands', () => {
  it('B-1, B-2, R-9: guest and admin never hold or sign a plan; two plans are never held', () => {
    holds(({ state, ctx, decision }) => {
      if (decision.refusal && decision.events.length === 0) return;
      if (!isSubscriber(state.role)) {
        expect(state.subscription).toBeUndefined();
        expect(state.signing).toBeUndefined();
      }
      if (state.signing && state.subscription) {
        expect(ctx.policy.subscription.switchNeedsCode).toBe(true);
        expect(state.signing.planId).not.toBe(state.subscription.planId);
      }
      if (state.roleTiedTo !== undefined) expect(state.subscription?.planId).toBe(state.roleTiedTo);
    });
  });

  it('the subscription diagram: sub_status moves along its edges only, and signing begins before signed', () => {
    const edges: Record<SubStatus, readonly SubStatus[]> = {
      absent: ['absent', 'unsigned', 'signed'],
      unsigned: ['unsigned', 'signed'],
      signed: ['signed', 'suspended', 'unsigned'],
      suspended: ['suspended', 'signed', 'unsigned'],
    };
    holds(({ before, decision, ctx }) => {
      let state = before;
      for (const event of decision.events) {
        const next = evolve(state, event);
        expect(edges[shown(state)]).toContain(shown(next));
        if (event.type === 'SubscriptionSigned') expect(state.signing?.planId).toBe(event.planId);
        if (event.type === 'SubscriptionSwitched') expect(state.subscription?.planId).toBe(event.from);
        state = next;
      }
      expect(ctx.now).toBeGreaterThanOrEqual(NOW);
    });
  });

  it('R-6 to R-8: roles move one step at a time, and nobody comes into a role that is switched off to stay', () => {
    holds(({ before, decision, state, ctx }) => {
      let role: Role = before.role;
      for (const event of decision.events) {
        if (event.type !== 'RoleChanged') continue;
        expect(event.from).toBe(role);
        expect(isEdge(event.from, event.to)).toBe(true);
        role = event.to;
      }
      expect(state.role).toBe(role);
      if (role !== before.role) expect(ctx.policy.rolesEnabled.has(role)).toBe(true);
    });
  });

  it('nothing that is due is left over by a change of a partner in service', () => {
    holds(({ decision, state, ctx }) => {
      if (decision.refusal || ctx.partnerStatus === 'stopped') return;
      expect(nextDue(state) ?? Infinity).toBeGreaterThan(ctx.now);
      expect(settle(state, ctx)).toEqual([]);
    });
  });

  it('evolve over the events rebuilds the state; decide is a function of its arguments', () => {
    fc.assert(
      fc.property(sequence, (story) => {
        const [state, log] = run(story, ({ before, decision, ctx, command }) => {
          expect(decide(command, before, ctx)).toEqual(decision);
        });
        expect(after(undefined, log)).toEqual(state);
      }),
      { numRuns: 50 },
    );
  });

  it('S-4, S-8: an effect is taken in once, and moves the mark of what is taken in only forward', () => {
    holds(({ before, command, state, ctx }) => {
      const mark = (of: UserState) => of.enforcement?.appliedAt ?? 0;
      expect(mark(state)).toBeGreaterThanOrEqual(mark(before));
      if (command.type !== 'enforce') return;
      expect(mark(state)).toBe(Math.max(mark(before), command.effect.at));
      expect(decide(command, state, ctx).events).toEqual(settle(state, ctx));
    });
  });

  it('B-10: a refusal keeps a wrong code and the end of a signing, and nothing else of its own', () => {
    holds(({ decision, ctx, before }) => {
      if (!decision.refusal || decision.events.length === 0) return;
      expect(['CODE_WRONG', 'CODE_ATTEMPTS_EXHAUSTED', 'CODE_EXPIRED']).toContain(decision.refusal.code);
      const settled = settle(before, ctx).length;
      const own = decision.events.slice(settled).map(({ type }) => type);
      expect([[], ['CodeRejected'], ['CodeRejected', 'SigningEnded']]).toContainEqual(own);
    });
  });

  it('B-11: what a refusal calls possible is possible', () => {
    holds(({ decision, state, ctx }) => {
      const { refusal } = decision;
      if (!refusal || ctx.partnerStatus === 'stopped') return;
      expect(refusal.state).toMatch(/^role=\w+ status=\w+ sub_status=\w+( |$)/);
      // A refusal that keeps nothing has not settled either: it speaks of the user as settled.
      const settled = after(state, settle(state, ctx));
      for (const action of refusal.possible) expect(`${action} ${works(action, settled, ctx)}`).toBe(`${action} true`);
    });
  });
});

/** By what is there, time aside: what has run out is there until it is settled. */
function shown(state: UserState): SubStatus {
  return subStatusAt(state, -Infinity);
}

/** Whether some command of this name is not refused. */
function works(action: string, state: UserState, ctx: UserContext): boolean {
  const done = (command: UserCommand) => decide(command, state, ctx).refusal === undefined;
  const role = /^change_role:(\w+)$/.exec(action)?.[1] as Role | undefined;
  if (role) {
    const every = [true, false].map((each) => ({ approved: each, onboarded: each, byAdministration: true }));
    return every.some((each) => done({ type: 'change-role', to: role, evidence: each }));
  }
  if (action.startsWith('record_verification')) {
    const fresh = { id: 'fresh', level: 'basic', state: 'pending', source: 'internal' } as const;
    return done({ type: 'record-verification', verification: fresh });
  }
  if (action === 'clear_review') return done({ type: 'clear-review' });
  if (action === 'activate' || action === 'deactivate') return done({ type: action });
  return PLAN_ACTIONS.includes(action as PlanAction) && attempts(action as PlanAction, state).some(done);
}

function attempts(action: PlanAction, state: UserState): PlanCommand[] {
  switch (action) {
    case 'subscribe':
    case 'switch':
      return plans.map((each) => ({ type: action, planId: each.planId, codeHash: 'h' }));
    case 'confirm': {
      const given = { paymentReference: 'r', fraudCheckPassed: true };
      return [{ type: action, planId: state.signing?.planId ?? pro, codeMatches: true, evidence: given }];
    }
    case 'cancel':
      return [{ type: action, at: 'now' }];
    case 'keep':
      return [{ type: action }];
    case 'suspend':
    case 'restore':
      return HOLD_REASONS.map((reason) => ({ type: action, hold: reason }));
    default:
      return action satisfies never;
  }
}
