import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatKey } from '../../src/domain/relation/tuple.ts';
import type { HoldReason, PlanId, Role, UserId } from '../../src/domain/values.ts';
import type { PlanAction, PlanChangeAnswer } from '../../src/services/plan-change.ts';
import { Replica } from '../../src/services/replica.ts';
import { startApp, TestClock } from '../app.ts';
import {
  ALFA,
  alfa,
  approved,
  BETA,
  beta,
  compilePartner,
  openHouse,
  operator,
  policyOf,
  PRO,
  type House,
} from '../unit/services/house.ts';

const SEED = 20260302;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SOLO = 'solo' as PlanId;

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

type Wish =
  | Exclude<PlanAction['type'], 'suspend' | 'restore'>
  | `${'suspend' | 'restore'}:${HoldReason}`
  | 'guess'
  | 'cancel:period_end'
  | 'subscribe:solo';
const WISHES: readonly Wish[] = [
  'subscribe',
  'subscribe:solo',
  'confirm',
  'guess',
  'cancel',
  'cancel:period_end',
  'keep',
  'switch',
  'suspend:payment',
  'suspend:admin',
  'restore:payment',
  'restore:admin',
];

/** Several wishes at once, each sent twice by one key, after the clock has moved. */
interface Wave {
  readonly wishes: readonly Wish[];
  readonly afterMs: number;
}

const wave: fc.Arbitrary<Wave> = fc.record({
  wishes: fc.array(fc.constantFrom(...WISHES), { minLength: 1, maxLength: 5 }),
  afterMs: fc.constantFrom(0, 0, 0, MINUTE_MS, 15 * MINUTE_MS, 32 * DAY_MS),
});

interface Signing {
  readonly planId: PlanId;
  readonly code: string;
}

function actionOf(wish: Wish, signing: Signing | undefined): PlanAction {
  const [type, hold] = wish.split(':') as [string, HoldReason];
  switch (type) {
    case 'subscribe':
      return { type, planId: wish === 'subscribe' ? PRO : SOLO };
    case 'switch':
      return { type, planId: SOLO };
    case 'confirm':
      return { type, planId: signing?.planId ?? PRO, code: signing?.code ?? '00000000', evidence: {} };
    case 'guess':
      return { type: 'confirm', planId: signing?.planId ?? PRO, code: '00000000', evidence: {} };
    case 'cancel':
      return { type, at: wish === 'cancel' ? 'now' : 'period_end' };
    case 'suspend':
    case 'restore':
      return { type, hold };
    default:
      return { type: 'keep' };
  }
}

/** The diagram of the rule book, once more: what is left after an event, and a complaint where the event has no edge. */
interface Diagram {
  held: string | undefined;
  holds: Set<string>;
  ending: boolean;
  signing: string | undefined;
}

function follow(state: Diagram, event: string, detail: Readonly<Record<string, unknown>>): string | undefined {
  const held = state.held !== undefined;
  switch (event) {
    case 'SigningStarted':
      if (state.signing !== undefined || (held && (state.holds.size > 0 || state.ending))) return 'no edge to signing';
      state.signing = String(detail['planId']);
      return undefined;
    case 'CodeRejected':
      return state.signing === undefined ? 'no signing' : undefined;
    case 'SigningEnded':
      if (state.signing === undefined) return 'no signing';
      state.signing = undefined;
      return undefined;
    case 'SubscriptionSigned':
      if (held || state.signing !== detail['planId']) return 'a second subscription, or one never subscribed';
      Object.assign(state, { held: detail['planId'], signing: undefined });
      return undefined;
    case 'SubscriptionSwitched':
      if (state.held !== detail['from'] || state.holds.size > 0 || state.ending) return 'no edge to switch';
      Object.assign(state, { held: detail['planId'], signing: undefined });
      return undefined;
    case 'CancellationScheduled':
    case 'CancellationWithdrawn': {
      const scheduled = event === 'CancellationScheduled';
      if (!held || state.ending === scheduled) return 'no cancellation to schedule or withdraw';
      state.ending = scheduled;
      return undefined;
    }
    case 'SubscriptionSuspended':
      if (!held || state.holds.has(String(detail['hold']))) return 'suspended twice for one reason';
      state.holds.add(String(detail['hold']));
      return undefined;
    case 'HoldLifted':
      return state.holds.delete(String(detail['hold'])) ? undefined : 'no such hold';
    case 'SubscriptionEnded':
      if (!held) return 'nothing to end';
      Object.assign(state, { held: undefined, holds: new Set(), ending: false });
      return undefined;
    default:
      return undefined;
  }
}

describe('any interleaving of plan changes of one user (B-1, B-10)', () => {
  it(
    'keeps one subscription and the edges of the diagram, and does each change once',
    { timeout: 120_000 },
    async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(wave, { minLength: 1, maxLength: 8 }), async (waves) => {
          runs += 1;
          const userId = await house.basicUser(`p${String(runs).padStart(6, '0')}`, beta);
          let signing: Signing | undefined;
          for (const [w, { wishes, afterMs }] of waves.entries()) {
            house.clock.at += afterMs;
            const pairs = await Promise.all(
              wishes.map((wish, n) => {
                const action = actionOf(wish, signing);
                const once = (): Promise<PlanChangeAnswer> => house.change(userId, action, `${w}-${n}`, beta);
                return Promise.all([once(), once()]).then((answers) => ({ action, answers }));
              }),
            );
            for (const { action, answers } of pairs) {
              const [one, other] = answers;
              if (one.done && other.done) {
                expect([one.replayed, other.replayed].filter(Boolean)).toHaveLength(1);
                expect(one.code).toEqual(other.code);
                expect(one.subscription).toEqual(other.subscription);
              }
              for (const { done, refusal, code } of answers) {
                expect(done).toBe(refusal === undefined);
                if (code && 'planId' in action) signing = { planId: action.planId, code: code.text };
              }
            }
          }
          const audit = await house.auditOf(userId, BETA);
          const state: Diagram = { held: undefined, holds: new Set(), ending: false, signing: undefined };
          for (const { event, detail } of audit.toReversed()) {
            expect({ event, detail, complaint: follow(state, event, detail) }).toMatchObject({ complaint: undefined });
          }
          // One write more settles what has run out, so that log and view speak of the same moment.
          await house.directory.setUserActive(beta, { userId, active: false });
          const settled = await house.auditOf(userId, BETA);
          for (const { event, detail } of settled.slice(0, settled.length - audit.length).toReversed()) {
            expect(follow(state, event, detail)).toBeUndefined();
          }
          const view = await house.subscriptions.get(beta, { userId });
          expect(view.planId).toBe(state.held ?? state.signing);
          expect(view.subStatus).toBe(
            state.held === undefined ? 'unsigned' : state.holds.size > 0 ? 'suspended' : 'signed',
          );
          expect(view.holds.toSorted()).toEqual([...state.holds].sort());
        }),
        { seed: SEED, numRuns: 60 },
      );
    },
  );
});

const POLICIES = [
  '',
  'features: { extra: { enabled: true, rollout: 40 } }\n',
  'permissions: { own: { ship: { group: operational, roles: [basic] } }, withheld_while_signing: [ship] }\n',
  'roles: { enabled: [guest, basic, advanced, admin] }\n',
  'permissions: { overrides: { call_api: { basic: false } } }\n',
];

type Step =
  | { readonly kind: 'plan'; readonly who: number; readonly wish: Wish }
  | { readonly kind: 'role'; readonly who: number; readonly to: Role }
  | {
      readonly kind: 'verification';
      readonly who: number;
      readonly level: 'basic' | 'advanced' | 'business';
      readonly lost: boolean;
    }
  | { readonly kind: 'active'; readonly who: number; readonly active: boolean }
  | { readonly kind: 'policy'; readonly variant: number }
  | { readonly kind: 'status'; readonly status: 'active' | 'stopped' }
  | { readonly kind: 'tuples'; readonly write: boolean; readonly object: number; readonly who: number }
  | { readonly kind: 'time'; readonly ms: number };

const who = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('plan' as const), who, wish: fc.constantFrom(...WISHES) }) },
  fc.record({
    kind: fc.constant('role' as const),
    who,
    to: fc.constantFrom<Role>('guest', 'basic', 'advanced', 'company', 'admin'),
  }),
  fc.record({
    kind: fc.constant('verification' as const),
    who,
    level: fc.constantFrom('basic' as const, 'advanced' as const, 'business' as const),
    lost: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('active' as const), who, active: fc.boolean() }),
  fc.record({ kind: fc.constant('policy' as const), variant: fc.nat(POLICIES.length - 1) }),
  fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom('active' as const, 'stopped' as const) }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('tuples' as const), write: fc.boolean(), object: fc.nat(3), who }),
  },
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(MINUTE_MS, 15 * MINUTE_MS, 32 * DAY_MS) }),
);

/** Every relationship that a replica holds, by partner, in one order. */
function tuplesOf(replica: Replica): Record<string, string[]> {
  const partners = [...replica.partners()].map(({ policy, index }) => {
    const lines = [...index.tuples()].map((tuple) => `${formatKey(tuple)} ${JSON.stringify(tuple.condition ?? null)}`);
    return [policy.providerId, lines.sort()] as const;
  });
  return Object.fromEntries(partners);
}

async function fromScratch(): Promise<Replica> {
  const replica = new Replica(house.documents, house.relationshipStore, compilePartner);
  await replica.load();
  return replica;
}

describe('the projection of a replica that follows', () => {
  it('equals the one from scratch after any sequence of changes (C-1)', { timeout: 120_000 }, async () => {
    const users = await Promise.all([0, 1, 2, 3].map((n) => house.basicUser(`user00${n}`)));
    const follower = await fromScratch();
    let calls = 0;
    const signings = new Map<UserId, Signing>();

    async function take(each: Step): Promise<void> {
      calls += 1;
      switch (each.kind) {
        case 'plan': {
          const userId = users[each.who] as UserId;
          const wish = each.wish === 'subscribe:solo' || each.wish === 'switch' ? 'subscribe' : each.wish;
          const { code } = await house.change(userId, actionOf(wish, signings.get(userId)), `k-${calls}`);
          if (code) signings.set(userId, { planId: PRO, code: code.text });
          return;
        }
        case 'role':
          await house.directory.changeRole(alfa, {
            userId: users[each.who] as UserId,
            to: each.to,
            approved: true,
            onboarded: true,
          });
          return;
        case 'verification': {
          const id = `${each.level}-${each.lost ? 'lost' : calls}`;
          const verification = approved(id, each.level);
          await house.directory.recordVerification(alfa, { userId: users[each.who] as UserId, verification });
          if (each.lost) {
            const revoked = { ...verification, state: 'revoked' } as const;
            await house.directory.recordVerification(alfa, {
              userId: users[each.who] as UserId,
              verification: revoked,
            });
          }
          return;
        }
        case 'active':
          await house.directory.setUserActive(alfa, { userId: users[each.who] as UserId, active: each.active });
          return;
        case 'policy':
          await house.policy.apply(alfa, {
            text: policyOf('ALFA', POLICIES[each.variant]).replace(
              each.variant === 1 ? 'features:\n  beta: { enabled: true }\n' : '\u0000',
              '',
            ),
          });
          return;
        case 'status':
          await house.partners.setStatus(operator, { providerId: ALFA, status: each.status });
          return;
        case 'tuples': {
          const tuple = { user: `user:${users[each.who]}`, relation: 'viewer', object: `document:${each.object}` };
          await house.relationships.write(
            alfa,
            each.write ? { writes: [tuple], deletes: [] } : { writes: [], deletes: [tuple] },
          );
          return;
        }
        case 'time':
          house.clock.at += each.ms;
          return;
        default:
          each satisfies never;
      }
    }

    let refused = 0;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        for (const each of steps) {
          taken += 1;
          await take(each).catch((error: unknown) => {
            expect(error).toMatchObject({ name: 'Fault' });
            refused += 1;
          });
        }
        const scratch = tuplesOf(await fromScratch());
        await follower.fresh();
        expect(tuplesOf(house.replica)).toEqual(scratch);
        expect(tuplesOf(follower)).toEqual(scratch);
      }),
      { seed: SEED, numRuns: 60 },
    );
    // The sequences must have done something: most steps are neither refused nor a move of the clock.
    expect(refused).toBeLessThan(taken / 2);
  });
});

describe('one partner and another (P-5)', () => {
  it('no change of one alters a byte of the decisions of the others', { timeout: 120_000 }, async () => {
    const clock = new TestClock('2026-03-02T09:00:00Z');
    const app = await startApp({ clock });
    try {
      const get = async (path: string, providerId: string): Promise<string> => {
        const response = await fetch(`${app.httpOrigin}${path}`, {
          headers: { authorization: `Bearer ${app.keys[providerId]}` },
        });
        return `${path} ${response.status} ${await response.text()}`;
      };
      const send = async (method: string, path: string, body: unknown, providerId = 'FINT'): Promise<void> => {
        const response = await fetch(`${app.httpOrigin}${path}`, {
          method,
          headers: { authorization: `Bearer ${app.keys[providerId]}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect({ path, status: response.status, answer: await response.text() }).toMatchObject({
          status: expect.any(Number) as number,
        });
        expect(response.ok).toBe(true);
      };
      const usersOf = async (providerId: string): Promise<string[]> => {
        const { users } = JSON.parse((await get('/v1/users?page_size=1000', providerId)).replace(/^\S+ \d+ /, '')) as {
          users: { user_id: string }[];
        };
        return users.map(({ user_id }) => user_id);
      };
      const others: readonly [providerId: string, users: string[]][] = [
        ['MDIA', await usersOf('MDIA')],
        ['BTOB', await usersOf('BTOB')],
      ];
      const decisions = async (): Promise<string> => {
        const lines: string[] = [];
        for (const [providerId, users] of others) {
          lines.push(
            await get('/v1/policy', providerId),
            await get('/v1/plans', providerId),
            await get('/v1/partner', providerId),
          );
          for (const userId of users) {
            const paths = ['permissions', 'features', 'subscription'].map((what) => `/v1/users/${userId}/${what}`);
            lines.push(...(await Promise.all([...paths, `/v1/users/${userId}`].map((path) => get(path, providerId)))));
          }
        }
        return lines.join('\n');
      };
      const before = await decisions();
      expect(before.length).toBeGreaterThan(100_000);
      const tuples = [
        { user: 'partner:FINT', relation: 'partner', object: 'document:a' },
        { user: 'user:*', relation: 'viewer', object: 'document:a' },
        { user: 'user:mbas001', relation: 'member', object: 'team:a' },
      ];
      const changes: readonly (() => Promise<void>)[] = [
        () =>
          send('POST', '/v1/policy/apply', {
            text: 'provider_id: FINT\nname: Fintra\npermissions: { overrides: { login: { basic: false } } }\n',
          }),
        () => send('POST', '/v1/users', { user_id: 'fnew001', zone: 'de' }),
        () => send('POST', '/v1/users/fbas001/role', { to: 'guest' }),
        () => send('PUT', '/v1/users/fbas002/active', { active: false }),
        () =>
          send('POST', '/v1/users/fbas013/plan-changes', { action: 'suspend', hold: 'admin', idempotency_key: 'k' }),
        () => send('POST', '/v1/relationships', { writes: tuples }),
        () => send('PUT', '/v1/partner/status', { provider_id: 'FINT', status: 'stopped' }, 'operator'),
      ];
      for (const change of changes) {
        await change();
        expect(await decisions()).toBe(before);
      }
    } finally {
      await app.stop();
    }
  });
});
