import { describe, expect, it } from 'vitest';
import { listObjects } from '../../../src/domain/relation/list-objects.ts';
import { RESTARTS_MAX, STEPS_A_TURN } from '../../../src/domain/relation/list-run.ts';
import { listUsers } from '../../../src/domain/relation/list-users.ts';
import type { UserFilter } from '../../../src/domain/relation/list-users.ts';
import type { ListCallOptions } from '../../../src/domain/relation/listing.ts';
import type { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { indexOf, keyOf, made, withCondition } from './engine.ts';

const DSL = `
type user
type robot
type team
  relations
    define member: [user, user:*, team#member]
    define lead: [user]
type folder
  relations
    define parent: [folder]
    define owner: [user]
    define banned: [user]
    define viewer: [user, team#member] or owner or viewer from parent
    define reader: viewer but not banned
type doc
  relations
    define parent: [folder, team]
    define owner: [user, robot]
    define banned: [user, user:*, team#member]
    define editor: [user, team#lead, user with within] or owner
    define viewer: [user:*, user] or editor or viewer from parent
    define both: owner and editor
    define reader: viewer but not banned
    define pardoned: [user]
    define outcast: banned but not pardoned
    define guest: viewer but not outcast
    define shelved: reader from parent
condition within(now: int, max: int) {
  now < max
}
`;

const objectsOf = (index: TupleIndex, asked: string, options?: ListCallOptions) => {
  const [, type, relation, user] = /^(\w+)#(\w+)@(.+)$/.exec(asked)!;
  return made(listObjects(index, { type: type!, relation: relation!, user: user! }, options));
};
const usersOf = (index: TupleIndex, asked: string, options?: ListCallOptions) => {
  const [, object, relation, filter] = /^([^#]+)#(\w+)@(.+)$/.exec(asked)!;
  const filters = filter!.split(' ').map((one): UserFilter => {
    const [type, of] = one.split('#') as [string, string | undefined];
    return of === undefined ? { type } : { type, relation: of };
  });
  return made(listUsers(index, { object: object!, relation: relation!, filters }, options));
};

interface Case {
  readonly says: string;
  readonly tuples: readonly (string | Tuple)[];
  readonly options?: ListCallOptions;
  /** By `type#relation@user`. */
  readonly objects?: Readonly<Record<string, readonly string[]>>;
  /** By `object#relation@filters`. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
}

const CASES: readonly Case[] = [
  {
    says: 'direct, computed, usersets and parents',
    tuples: [
      'doc:2#owner@user:x',
      'doc:10#editor@team:a#lead',
      'team:a#lead@user:x',
      'doc:3#parent@folder:f',
      'folder:f#parent@folder:g',
      'folder:g#viewer@team:b#member',
      'team:b#member@team:c#member',
      'team:c#member@user:x',
      'doc:4#parent@team:a',
      'doc:5#owner@robot:r',
    ],
    objects: {
      'doc#viewer@user:x': ['doc:10', 'doc:2', 'doc:3'],
      'doc#owner@user:x': ['doc:2'],
      'folder#viewer@user:x': ['folder:f', 'folder:g'],
      'doc#owner@robot:r': ['doc:5'],
      'doc#viewer@user:y': [],
      'doc#viewer@user:*': [],
    },
    users: {
      'doc:3#viewer@user': ['user:x'],
      'doc:3#viewer@team#member': ['team:b#member', 'team:c#member'],
      'doc:3#viewer@folder#viewer user': ['folder:f#viewer', 'folder:g#viewer', 'user:x'],
      'doc:10#viewer@user team#lead': ['team:a#lead', 'user:x'],
      'doc:5#viewer@robot': ['robot:r'],
      'doc:5#viewer@user': [],
      'doc:9#viewer@user': [],
    },
  },
  {
    says: 'a userset as the user, which is in itself',
    tuples: ['doc:1#banned@team:a#member', 'team:a#member@team:b#member', 'folder:f#viewer@team:b#member'],
    objects: {
      'doc#banned@team:b#member': ['doc:1'],
      'team#member@team:b#member': ['team:a', 'team:b'],
      'folder#viewer@team:b#member': ['folder:f'],
      'folder#viewer@team:a#member': [],
    },
    users: { 'team:a#member@team#member': ['team:a#member', 'team:b#member'] },
  },
  {
    says: 'a wildcard stands for every user of its type, beside those that are found by themselves',
    tuples: ['doc:1#viewer@user:*', 'doc:1#owner@user:x', 'doc:2#viewer@user:y', 'doc:1#banned@user:z'],
    objects: {
      'doc#viewer@user:x': ['doc:1'],
      'doc#viewer@user:y': ['doc:1', 'doc:2'],
      'doc#viewer@user:*': ['doc:1'],
      'doc#reader@user:z': [],
    },
    users: { 'doc:1#viewer@user': ['user:*', 'user:x'], 'doc:1#reader@user': ['user:*', 'user:x'] },
  },
  {
    says: 'intersections and exclusions are checked',
    tuples: [
      'doc:1#owner@user:x',
      'doc:1#owner@user:y',
      'doc:1#banned@user:x',
      'doc:2#editor@user:x',
      'doc:3#owner@user:x',
    ],
    objects: {
      'doc#both@user:x': ['doc:1', 'doc:3'],
      'doc#reader@user:x': ['doc:2', 'doc:3'],
      'doc#reader@user:y': ['doc:1'],
    },
    users: { 'doc:1#both@user': ['user:x', 'user:y'], 'doc:1#reader@user': ['user:y'], 'doc:2#both@user': [] },
  },
  {
    says: 'who is banned on the way to many objects reaches none of them',
    tuples: [
      'folder:f#viewer@user:x',
      'folder:f#viewer@user:y',
      'folder:f#banned@user:x',
      'doc:1#parent@folder:f',
      'doc:2#parent@folder:f',
    ],
    objects: { 'doc#shelved@user:x': [], 'doc#shelved@user:y': ['doc:1', 'doc:2'] },
    users: { 'doc:1#shelved@user': ['user:y'] },
  },
  {
    says: 'a user that one `but not` takes from a wildcard and another gives back is found by itself',
    tuples: ['doc:1#viewer@user:*', 'doc:1#banned@user:x', 'doc:1#banned@user:y', 'doc:1#pardoned@user:x'],
    objects: { 'doc#guest@user:x': ['doc:1'], 'doc#guest@user:y': [] },
    users: { 'doc:1#guest@user': ['user:*', 'user:x'] },
  },
  {
    says: 'cycles end',
    tuples: [
      'team:a#member@team:b#member',
      'team:b#member@team:a#member',
      'team:b#member@user:x',
      'folder:1#parent@folder:2',
      'folder:2#parent@folder:1',
      'folder:2#owner@user:x',
    ],
    objects: { 'team#member@user:x': ['team:a', 'team:b'], 'folder#viewer@user:x': ['folder:1', 'folder:2'] },
    users: { 'team:a#member@user': ['user:x'], 'folder:1#viewer@user': ['user:x'] },
  },
  {
    says: 'conditions are asked, and tuples that the model does not allow passed over',
    tuples: [
      withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
      withCondition('doc:2#editor@user:x', 'within', { max: 3 }),
      withCondition('doc:3#owner@user:x', 'within', { max: 5 }),
      withCondition('doc:4#editor@user:x', 'without'),
      'doc:5#owner@user:*',
      'doc:6#both@user:x',
      'doc:*#owner@user:x',
      'ghost:1#owner@user:x',
      'doc:7#ghost@user:x',
      'doc:8#parent@folder:*',
    ],
    options: { context: { now: 4 } },
    objects: { 'doc#viewer@user:x': ['doc:1'], 'doc#both@user:x': [] },
    users: { 'doc:1#viewer@user': ['user:x'], 'doc:2#viewer@user': [], 'doc:5#viewer@user': [] },
  },
  {
    says: 'contextual tuples stand in the place of stored ones with their key',
    tuples: ['doc:1#editor@user:x', 'doc:2#banned@team:a#member', 'doc:2#viewer@user:x', 'folder:f#owner@user:x'],
    options: {
      context: { now: 7 },
      contextualTuples: [
        withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
        keyOf('team:a#member@user:x'),
        keyOf('doc:3#parent@folder:f'),
        keyOf('doc:new#parent@folder:new'),
        keyOf('folder:new#owner@user:new'),
        keyOf('doc:4#banned@team:a#member'),
        keyOf('doc:5#viewer@user:*'),
      ],
    },
    objects: {
      'doc#viewer@user:x': ['doc:2', 'doc:3', 'doc:5'],
      'doc#reader@user:x': ['doc:3', 'doc:5'],
      'doc#banned@user:x': ['doc:2', 'doc:4'],
      'doc#viewer@user:new': ['doc:5', 'doc:new'],
    },
    users: {
      'doc:1#viewer@user': [],
      'doc:new#viewer@user': ['user:new'],
      'doc:2#banned@user team#member': ['team:a#member', 'user:x'],
    },
  },
];

describe('lists', () => {
  it.each(CASES)('$says', ({ tuples, options, objects = {}, users = {} }) => {
    const index = indexOf(DSL, tuples);
    for (const [asked, expected] of Object.entries(objects)) {
      expect([asked, objectsOf(index, asked, options)]).toEqual([asked, { objects: expected, complete: true }]);
    }
    for (const [asked, expected] of Object.entries(users)) {
      expect([asked, usersOf(index, asked, options)]).toEqual([asked, { users: expected, complete: true }]);
    }
  });

  const folders = (count: number) => Array.from({ length: count }, (_, at) => `folder:${at}#parent@folder:${at + 1}`);

  it('say that levels beyond the depth limit are unknown, and list what is within', () => {
    const index = indexOf(DSL, [...folders(30), 'folder:30#owner@user:x', 'folder:0#owner@user:y']);
    const objects = objectsOf(index, 'folder#viewer@user:x');
    expect(objects).toMatchObject({ complete: true, unknown: 'depth' });
    expect(objects.objects).toHaveLength(24);
    expect(objects.objects).not.toContain('folder:6');
    expect(usersOf(index, 'folder:0#viewer@user')).toEqual({ users: ['user:y'], complete: true, unknown: 'depth' });
    expect(usersOf(index, 'folder:7#viewer@user')).toEqual({ users: ['user:x'], complete: true });
  });

  it('say what a missing parameter leaves unknown, unless another way decides', () => {
    const index = indexOf(DSL, [
      withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
      withCondition('doc:2#editor@user:x', 'within', { max: 5 }),
      'doc:2#owner@user:x',
    ]);
    const told: unknown[] = [];
    const options: ListCallOptions = { conditionFailed: (failure) => told.push(failure) };
    expect(objectsOf(index, 'doc#viewer@user:x', options)).toEqual({
      objects: ['doc:2'],
      complete: true,
      unknown: 'missing-context',
    });
    expect(told).toContainEqual({ condition: 'within', missing: ['now'] });
    expect(objectsOf(index, 'doc#owner@user:x')).toEqual({ objects: ['doc:2'], complete: true });
    expect(usersOf(index, 'doc:1#viewer@user')).toEqual({ users: [], complete: true, unknown: 'missing-context' });
  });

  describe('of users doubt what a condition leaves open of somebody', () => {
    const CONDITION = 'condition open(on: bool) {\n  on\n}\n';
    const doubted = (dsl: string, tuples: readonly (string | Tuple)[], asked: string) =>
      usersOf(indexOf(`type user\n${dsl}${CONDITION}`, tuples), asked);

    it.each([
      ['of whom no user of the type can be', 'user', { users: [], complete: true }],
      ['of whom the usersets are asked for', 'doc#b', { users: [], complete: true, unknown: 'missing-context' }],
    ])('but not on a way to a relation %s', (_, filter, expected) => {
      const dsl = `type doc\n  relations\n    define b: [doc]\n    define c: [doc#b with open]\n`;
      expect(doubted(dsl, [withCondition('doc:2#c@doc:1#b', 'open')], `doc:2#c@${filter}`)).toEqual(expected);
    });

    const GROUPS = `type doc
  relations
    define banned: [user]
    define viewer: [user, doc#viewer with open]
    define reader: viewer but not banned
`;
    it.each([
      ['only that is between, whatever another way decides', 'viewer', ['user:x'], 'missing-context'],
      ['a check decides by another way', 'reader', ['user:x'], undefined],
    ])('where %s', (_, relation, users, unknown) => {
      const tuples = [withCondition('doc:1#viewer@doc:2#viewer', 'open'), 'doc:1#viewer@user:x', 'doc:2#viewer@user:x'];
      const expected = { users, complete: true, ...(unknown && { unknown }) };
      expect(doubted(GROUPS, tuples, `doc:1#${relation}@user`)).toEqual(expected);
    });

    it('not where the condition leads to nobody', () => {
      const tuples = [withCondition('doc:1#viewer@doc:2#viewer', 'open'), 'doc:1#viewer@user:x'];
      expect(doubted(GROUPS, tuples, 'doc:1#viewer@user')).toEqual({ users: ['user:x'], complete: true });
    });

    const TAKEN = `type doc
  relations
    define taken: [user, user with open, doc#taken with open]
    define all: [user:*, user:* with open]
    define some: all but not taken
    define any: some or all
`;
    it.each([
      ['whose own tuple takes away', [withCondition('doc:1#taken@user:x', 'open')]],
      ['whom a userset takes away', [withCondition('doc:1#taken@doc:2#taken', 'open'), 'doc:2#taken@user:x']],
    ])('who is one of everybody, and %s', (_, tuples) => {
      const everybody = { users: ['user:*'], complete: true };
      expect(doubted(TAKEN, [...tuples, 'doc:1#all@user:*'], 'doc:1#some@user')).toEqual({
        ...everybody,
        unknown: 'missing-context',
      });
      expect(doubted(TAKEN, [...tuples, 'doc:1#all@user:*'], 'doc:1#any@user')).toEqual(everybody);
      expect(doubted(TAKEN, tuples, 'doc:1#some@user')).toEqual({ users: [], complete: true });
    });

    it('and list nobody by it who is one of everybody', () => {
      const tuples = [
        'doc:1#all@user:*',
        'doc:1#taken@user:x',
        withCondition('doc:1#taken@user:y', 'open', { on: false }),
      ];
      expect(doubted(TAKEN, tuples, 'doc:1#some@user')).toEqual({ users: ['user:*'], complete: true });
    });
  });

  it('are cut by limit, with the place to go on from', () => {
    const index = indexOf(
      DSL,
      ['a', 'b', 'c', 'd', 'e'].flatMap((id) => [`doc:${id}#owner@user:x`, `doc:1#owner@user:${id}`]),
    );
    expect(objectsOf(index, 'doc#viewer@user:x', { limit: 2, after: 'doc:a' })).toEqual({
      objects: ['doc:b', 'doc:c'],
      complete: false,
      next: 'doc:c',
    });
    expect(objectsOf(index, 'doc#viewer@user:x', { limit: 5 })).toMatchObject({ complete: true });
    expect(objectsOf(index, 'doc#viewer@user:x', { after: 'doc:e' })).toEqual({ objects: [], complete: true });
    expect(usersOf(index, 'doc:1#viewer@user', { limit: 1, after: 'user:b' })).toEqual({
      users: ['user:c'],
      complete: false,
      next: 'user:c',
    });
  });

  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => `doc:${String(at).padStart(6, '0')}#owner@user:x`);

  it('are cut by steps and by time, and say so', () => {
    const index = indexOf(DSL, many(2_000));
    const within = (stepsMax: number) => objectsOf(index, 'doc#viewer@user:x', { limits: { stepsMax } });
    // In the walk: what is certain is listed, and no page goes on from it. In the picking: page by page.
    expect(within(5_000)).toMatchObject({ complete: false, unknown: 'breadth' });
    expect(within(5_000).objects.length).toBeGreaterThan(0);
    expect(within(5_000).next).toBeUndefined();
    const most = within(11_000);
    expect(most).toMatchObject({ complete: false, unknown: 'breadth', next: most.objects.at(-1) });
    expect(most.objects).toEqual(many(most.objects.length).map((tuple) => tuple.split('#')[0]));
    let looks = 0;
    const late = objectsOf(index, 'doc#viewer@user:x', { expired: () => ++looks > 3 });
    expect(late).toMatchObject({ complete: false, unknown: 'deadline' });
    expect(looks).toBe(4);
    expect(usersOf(index, 'doc:000001#viewer@user', { limits: { stepsMax: 2 } })).toMatchObject({ complete: false });
  });

  it.each([
    ['an unknown type', { type: 'ghost', relation: 'viewer', user: 'user:x' }, 'UNKNOWN_TYPE', 'type'],
    ['an unknown relation', { type: 'doc', relation: 'ghost', user: 'user:x' }, 'UNKNOWN_RELATION', 'relation'],
    ['an unknown type of user', { type: 'doc', relation: 'viewer', user: 'ghost:x' }, 'UNKNOWN_TYPE', 'user'],
    ['a malformed user', { type: 'doc', relation: 'viewer', user: 'x' }, 'INVALID_ARGUMENT', 'user'],
  ])('of objects are refused for %s', (_, question, code, field) => {
    const ask = () => made(listObjects(indexOf(DSL, []), question));
    expect(ask).toThrow(expect.objectContaining({ code, field }));
  });

  it.each([
    [
      'an unknown type',
      { object: 'ghost:1', relation: 'viewer', filters: [{ type: 'user' }] },
      'UNKNOWN_TYPE',
      'object',
    ],
    [
      'an unknown relation',
      { object: 'doc:1', relation: 'ghost', filters: [{ type: 'user' }] },
      'UNKNOWN_RELATION',
      'relation',
    ],
    [
      'a malformed object',
      { object: 'doc', relation: 'viewer', filters: [{ type: 'user' }] },
      'INVALID_ARGUMENT',
      'object',
    ],
    [
      'an unknown type of users',
      { object: 'doc:1', relation: 'viewer', filters: [{ type: 'ghost' }] },
      'UNKNOWN_TYPE',
      'user_filters',
    ],
    [
      'an unknown relation of users',
      { object: 'doc:1', relation: 'viewer', filters: [{ type: 'team', relation: 'ghost' }] },
      'UNKNOWN_RELATION',
      'user_filters',
    ],
  ])('of users are refused for %s', (_, question, code, field) => {
    const ask = () => made(listUsers(indexOf(DSL, []), question));
    expect(ask).toThrow(expect.objectContaining({ code, field }));
  });

  it('refuse contextual tuples that the model does not allow', () => {
    const options = { contextualTuples: [keyOf('doc:1#owner@user:*')] };
    expect(() => objectsOf(indexOf(DSL, []), 'doc#viewer@user:x', options)).toThrow(
      expect.objectContaining({ code: 'INVALID_TUPLE' }),
    );
  });

  describe('that take long', () => {
    const asked = { type: 'doc', relation: 'viewer', user: 'user:x' };

    it('give way, and hand over what they found in order', () => {
      const index = indexOf(DSL, many(20_000));
      const listing = listObjects(index, asked);
      const handed: string[] = [];
      let turns = 0;
      let step = listing.next();
      for (; step.done !== true; step = listing.next(), turns++) handed.push(...step.value);
      expect(turns).toBeGreaterThan(Math.floor(40_000 / STEPS_A_TURN) - 2);
      expect(step.value.objects).toHaveLength(20_000);
      expect(step.value.objects.slice(0, handed.length)).toEqual(handed);
      expect(handed.length).toBeGreaterThan(10_000);
    });

    it('list wide sets, of which the index keeps no list', () => {
      const index = indexOf(DSL, [
        ...Array.from({ length: 6_000 }, (_, at) => `team:a#member@user:${String(at).padStart(6, '0')}`),
        'doc:1#banned@team:a#member',
      ]);
      const { users, complete } = usersOf(index, 'doc:1#banned@user');
      expect([users.length, users[0], users.at(-1), complete]).toEqual([6_000, 'user:000000', 'user:005999', true]);
    });

    it('go on with what is there when others took their turn', () => {
      const index = indexOf(DSL, many(12_000));
      const listing = listObjects(index, asked);
      let turns = 0;
      let step = listing.next();
      for (; step.done !== true; step = listing.next()) {
        turns++;
        if (turns === 1) for (const tuple of many(4_000)) index.delete(keyOf(tuple));
        if (turns === 2) index.write(keyOf('doc:999999#owner@user:y'));
        if (turns === 3) index.write(keyOf('team:new#ghost@ghost:new'));
      }
      expect(turns).toBeGreaterThan(4);
      expect(step.value).toEqual({
        objects: many(12_000)
          .slice(4_000)
          .map((text) => text.split('#')[0]),
        complete: true,
      });
    });

    it('end although tuples are removed at every turn', () => {
      const index = indexOf(DSL, [
        ...many(12_000),
        ...Array.from({ length: 100 }, (_, at) => `doc:0#owner@user:${at}`),
      ]);
      const listing = listObjects(index, asked);
      let turns = 0;
      let step = listing.next();
      for (; step.done !== true; step = listing.next()) index.delete(keyOf(`doc:0#owner@user:${turns++}`));
      expect(step.value.objects).toHaveLength(12_000);
      expect(turns).toBe(RESTARTS_MAX);
    });

    it('of users start again, too', () => {
      const index = indexOf(
        DSL,
        Array.from({ length: 9_000 }, (_, at) => `doc:1#owner@user:${String(at).padStart(6, '0')}`),
      );
      const listing = listUsers(index, { object: 'doc:1', relation: 'viewer', filters: [{ type: 'user' }] });
      let turns = 0;
      let step = listing.next();
      for (; step.done !== true; step = listing.next()) {
        if (turns++ === 0)
          for (let at = 0; at < 8_500; at++) index.delete(keyOf(`doc:1#owner@user:${String(at).padStart(6, '0')}`));
      }
      expect(turns).toBeGreaterThan(0);
      expect(step.value.users).toHaveLength(500);
    });
  });
});
