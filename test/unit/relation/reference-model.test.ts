import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { compiled, fixture, keyOf, modelOf, withCondition } from './engine.ts';

const model = compiled(modelOf(fixture('reference-model.fga')));
const NOW = Date.parse('2026-03-01T12:00:00Z');
const HOUR = 3_600_000;
const at = (moment: number) => new Date(moment).toISOString();

const PARTNER: readonly (string | Tuple)[] = [
  'permission:login#granted@partner:p1#guest',
  'permission:login#granted@partner:p1#basic',
  'permission:login#gate@partner:p1#in_service',
  'permission:transfer#granted@partner:p1#basic',
  'permission:transfer#granted@plan:gold#holder',
  'permission:transfer#gate@partner:p1#operational',
  'permission:transfer#withheld@partner:p1#signing',
  'feature:chat#enabled@user:*',
  'feature:chat#role@partner:p1#basic',
  withCondition('feature:chat#rollout@user:*', 'in_rollout', { percentage: 30 }),
  'feature:chat#plan@plan:gold#holder',
  'feature:chat#gate@partner:p1#operational',
  'feature:chat#early_access@user:early',
  'feature:open#enabled@user:*',
  'feature:open#role@partner:p1#member',
  'feature:open#rollout@user:*',
  'feature:open#plan@partner:p1#member',
  'feature:open#gate@partner:p1#operational',
  'feature:dark#role@partner:p1#member',
  'feature:dark#rollout@user:*',
  'feature:dark#plan@partner:p1#member',
  'feature:dark#gate@partner:p1#operational',
  'partner:p1#guest@user:guest',
  'partner:p1#basic@user:basic',
  'partner:p1#basic@user:idle',
  withCondition('partner:p1#idle@user:idle', 'until', { at: at(NOW + HOUR) }),
  'partner:p1#basic@user:gone',
  'partner:p1#inactive@user:gone',
  'partner:p1#basic@user:signing',
  'partner:p1#signing@user:signing',
  'partner:p1#guest@user:early',
  'partner:p1#basic@user:gold',
  withCondition('plan:gold#holder@user:gold', 'until', { at: at(NOW + 24 * HOUR) }),
  'partner:p2#basic@user:foreign',
];

interface Case {
  readonly rule: string;
  readonly says: string;
  readonly ask: string;
  readonly allowed: boolean;
  readonly now?: number;
  readonly bucket?: number;
  readonly tuples?: readonly (string | Tuple)[];
}

const CASES: readonly Case[] = [
  { rule: 'R-3', says: 'what a role grants is allowed', ask: 'permission:transfer#allowed@user:basic', allowed: true },
  { rule: 'R-3', says: 'what no rule grants is denied', ask: 'permission:transfer#allowed@user:guest', allowed: false },
  {
    rule: 'R-3',
    says: 'a user without any tuple is denied',
    ask: 'permission:login#allowed@user:nobody',
    allowed: false,
  },
  {
    rule: 'R-3',
    says: 'a user of another partner is denied',
    ask: 'permission:login#allowed@user:foreign',
    allowed: false,
  },
  { rule: 'R-4', says: 'inactive denies login', ask: 'permission:login#allowed@user:gone', allowed: false },
  { rule: 'R-4', says: 'inactive denies features', ask: 'feature:open#on@user:gone', allowed: false },
  { rule: 'R-4', says: 'idle leaves login', ask: 'permission:login#allowed@user:idle', allowed: true },
  { rule: 'R-4', says: 'idle denies operations', ask: 'permission:transfer#allowed@user:idle', allowed: false },
  { rule: 'R-4', says: 'idle denies features', ask: 'feature:open#on@user:idle', allowed: false },
  {
    rule: 'R-4',
    says: 'signing withholds what is listed',
    ask: 'permission:transfer#allowed@user:signing',
    allowed: false,
  },
  { rule: 'R-4', says: 'signing leaves the rest', ask: 'permission:login#allowed@user:signing', allowed: true },
  {
    rule: 'S-5',
    says: 'idle ends at the reset',
    ask: 'permission:transfer#allowed@user:idle',
    allowed: true,
    now: NOW + HOUR,
  },
  {
    rule: 'S-5',
    says: 'idle holds until the last millisecond before the reset',
    ask: 'permission:transfer#allowed@user:idle',
    allowed: false,
    now: NOW + HOUR - 1,
  },
  {
    rule: 'P-2',
    says: 'a stopped partner denies everybody',
    ask: 'permission:login#allowed@user:basic',
    allowed: false,
    tuples: ['partner:p1#stopped@user:*'],
  },
  {
    rule: 'P-2',
    says: 'another partner that stops changes nothing',
    ask: 'permission:login#allowed@user:basic',
    allowed: true,
    tuples: ['partner:p2#stopped@user:*'],
  },
  { rule: 'F-2', says: 'role, rollout and held plan', ask: 'feature:chat#on@user:gold', allowed: true, bucket: 29 },
  { rule: 'F-2', says: 'not past the rollout', ask: 'feature:chat#on@user:gold', allowed: false, bucket: 30 },
  { rule: 'F-2', says: 'not without the plan', ask: 'feature:chat#on@user:basic', allowed: false, bucket: 1 },
  {
    rule: 'F-2',
    says: 'early access needs nothing else',
    ask: 'feature:chat#on@user:early',
    allowed: true,
    bucket: 99,
  },
  { rule: 'F-2', says: 'a feature for all members', ask: 'feature:open#on@user:guest', allowed: true },
  { rule: 'F-2', says: 'not while the toggle is off', ask: 'feature:dark#on@user:basic', allowed: false },
  {
    rule: 'B-7',
    says: 'a plan acts until its end and not after',
    ask: 'feature:chat#on@user:gold',
    allowed: false,
    bucket: 1,
    now: NOW + 24 * HOUR,
  },
  { rule: 'B-12', says: 'a plan grants permissions', ask: 'permission:transfer#granted@user:gold', allowed: true },
];

describe('the reference model', () => {
  it.each(CASES)('$rule: $says ($ask)', ({ ask, allowed, now = NOW, bucket = 0, tuples = [] }) => {
    const index = new TupleIndex(model);
    for (const tuple of [...PARTNER, ...tuples]) index.write(typeof tuple === 'string' ? keyOf(tuple) : tuple);
    expect(check(index, keyOf(ask), { context: { now, bucket } })).toEqual({ allowed });
    expect(check(index, keyOf(ask), { context: { now: at(now), bucket } }), 'with the time as text').toEqual({
      allowed,
    });
  });

  it('B-7: a suspended subscription, its holder tuple gone, opens nothing', () => {
    const index = new TupleIndex(model);
    for (const tuple of PARTNER) index.write(typeof tuple === 'string' ? keyOf(tuple) : tuple);
    const ask = keyOf('feature:chat#on@user:gold');
    expect(check(index, ask, { context: { now: NOW, bucket: 1 } }).allowed).toBe(true);
    index.delete(keyOf('plan:gold#holder@user:gold'));
    expect(check(index, ask, { context: { now: NOW, bucket: 1 } })).toEqual({ allowed: false });
  });
});
