import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import type { CheckOptions } from '../../../src/domain/relation/check.ts';
import { CONTEXTUAL_TUPLES_MAX } from '../../../src/domain/relation/overlay.ts';
import type { Tuple } from '../../../src/domain/relation/tuple.ts';
import { compiled, indexOf, keyOf, loaded, modelOf, withCondition } from './engine.ts';

const DSL = `
type user
type team
  relations
    define member: [user, user:*, team#member]
    define lead: [user]
type folder
  relations
    define parent: [folder]
    define owner: [user]
    define viewer: [user, team#member, folder#viewer] or owner or viewer from parent
type doc
  relations
    define parent: [folder, team]
    define owner: [user]
    define banned: [user, user:*, team#member]
    define editor: [user, team#lead, user with within] or owner
    define viewer: [user:*, user] or editor or viewer from parent
    define both: owner and editor
    define chief: owner and alsoed
    define alsoed: [user]
    define reader: viewer but not banned
    define lonely: [user, doc#lonely]
    define guarded: owner but not lonely
condition within(now: int, max: int) {
  now < max
}
`;

interface Case {
  readonly says: string;
  readonly tuples: readonly (string | Tuple)[];
  readonly allowed?: readonly string[];
  readonly denied?: readonly string[];
  readonly unknown?: Readonly<Record<string, readonly string[]>>;
  readonly options?: CheckOptions;
}

const folders = (count: number) => Array.from({ length: count }, (_, at) => `folder:${at}#parent@folder:${at + 1}`);

const CASES: readonly Case[] = [
  {
    says: 'direct: the user that is written, and nobody else',
    tuples: ['doc:1#owner@user:x'],
    allowed: ['doc:1#owner@user:x'],
    denied: ['doc:1#owner@user:y', 'doc:2#owner@user:x', 'doc:1#banned@user:x', 'doc:1#owner@user:*'],
  },
  {
    says: 'a typed wildcard: every user of the type, also asked for itself, not usersets',
    tuples: ['doc:1#viewer@user:*'],
    allowed: ['doc:1#viewer@user:x', 'doc:1#viewer@user:*'],
    denied: ['doc:1#viewer@team:a#member', 'doc:1#editor@user:x', 'doc:2#viewer@user:x'],
  },
  {
    says: 'usersets: members of members, and the userset itself',
    tuples: ['doc:1#banned@team:a#member', 'team:a#member@team:b#member', 'team:b#member@user:x'],
    allowed: [
      'doc:1#banned@user:x',
      'team:a#member@team:b#member',
      'doc:1#banned@team:b#member',
      'team:z#member@team:z#member',
    ],
    denied: ['doc:1#banned@user:y', 'team:b#member@team:a#member', 'doc:1#banned@team:b#lead', 'team:b#member@user:*'],
  },
  {
    says: 'a wildcard in a userset',
    tuples: ['doc:1#banned@team:a#member', 'team:a#member@user:*'],
    allowed: ['doc:1#banned@user:anyone'],
    denied: ['doc:2#banned@user:anyone', 'doc:1#banned@team:b#member'],
  },
  {
    says: 'computed and union',
    tuples: ['doc:1#owner@user:x', 'doc:1#editor@team:a#lead', 'team:a#lead@user:l', 'team:a#member@user:m'],
    allowed: ['doc:1#editor@user:x', 'doc:1#viewer@user:x', 'doc:1#editor@user:l'],
    denied: ['doc:1#owner@user:l', 'doc:1#editor@user:m', 'doc:1#viewer@user:y'],
  },
  {
    says: 'tuple to userset: through parents, passing over types without the relation',
    tuples: [
      'doc:1#parent@folder:0',
      'doc:1#parent@team:a',
      ...folders(3),
      'folder:3#owner@user:x',
      'team:a#member@user:m',
    ],
    allowed: ['doc:1#viewer@user:x', 'folder:0#viewer@user:x'],
    denied: ['doc:1#viewer@user:m', 'doc:1#owner@user:x', 'folder:0#owner@user:x', 'doc:2#viewer@user:x'],
  },
  {
    says: 'intersection: both or nothing',
    tuples: [
      'doc:1#owner@user:x',
      'doc:1#editor@user:y',
      'doc:1#owner@user:z',
      'doc:1#alsoed@user:z',
      'doc:1#alsoed@user:y',
    ],
    allowed: ['doc:1#both@user:x', 'doc:1#chief@user:z'],
    denied: ['doc:1#both@user:y', 'doc:1#chief@user:x', 'doc:1#chief@user:y'],
  },
  {
    says: 'exclusion: the base without the subtracted',
    tuples: ['doc:1#viewer@user:*', 'doc:1#banned@user:x', 'doc:1#banned@team:a#member', 'team:a#member@user:m'],
    allowed: ['doc:1#reader@user:y', 'doc:1#viewer@user:x'],
    denied: ['doc:1#reader@user:x', 'doc:1#reader@user:m', 'doc:2#reader@user:y'],
  },
  {
    says: 'a ban of everybody',
    tuples: ['doc:1#viewer@user:x', 'doc:1#banned@user:*'],
    allowed: ['doc:1#viewer@user:x'],
    denied: ['doc:1#reader@user:x', 'doc:1#reader@user:y'],
  },
  {
    says: 'tuples that the model does not allow are skipped',
    tuples: [
      'doc:1#owner@user:*',
      'doc:1#owner@team:a#member',
      'team:a#member@user:x',
      'doc:1#both@user:x',
      'doc:1#editor@team:a#member',
      withCondition('doc:1#owner@user:x', 'within', { max: 9, now: 1 }),
      withCondition('doc:1#editor@user:x', 'other'),
      'ghost:1#owner@user:x',
      'doc:1#ghost@user:x',
    ],
    denied: [
      'doc:1#owner@user:x',
      'doc:1#both@user:x',
      'doc:1#editor@user:x',
      'doc:1#owner@team:a#member',
      'doc:1#owner@user:*',
    ],
  },
  {
    says: 'cycles end, with what is on them',
    tuples: [
      'team:a#member@team:b#member',
      'team:b#member@team:a#member',
      'team:b#member@user:x',
      'folder:1#parent@folder:2',
      'folder:2#parent@folder:1',
      'folder:2#owner@user:x',
    ],
    allowed: [
      'team:a#member@user:x',
      'team:b#member@user:x',
      'folder:1#viewer@user:x',
      'folder:2#viewer@user:x',
      'team:a#member@team:b#member',
      'team:b#member@team:a#member',
    ],
    denied: ['team:a#member@user:y', 'folder:1#viewer@user:y'],
  },
  {
    says: 'but not a cycle is a denial',
    tuples: ['doc:1#owner@user:x', 'doc:1#lonely@doc:2#lonely', 'doc:2#lonely@doc:1#lonely', 'doc:3#owner@user:x'],
    allowed: ['doc:3#guarded@user:x'],
    denied: ['doc:1#guarded@user:x', 'doc:1#lonely@user:x'],
  },
  {
    says: 'a condition: stored over request, missing is unknown unless another branch decides',
    tuples: [
      withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
      withCondition('doc:2#editor@user:x', 'within', { max: 5, now: 7 }),
      withCondition('doc:3#editor@user:x', 'within'),
      'doc:3#owner@user:x',
      withCondition('doc:4#editor@user:x', 'within', { now: 4 }),
      'doc:4#banned@user:x',
    ],
    options: { context: { now: 4 } },
    allowed: ['doc:1#editor@user:x', 'doc:1#reader@user:x', 'doc:3#editor@user:x'],
    denied: ['doc:2#editor@user:x', 'doc:1#editor@user:y', 'doc:4#reader@user:x', 'doc:4#chief@user:x'],
    unknown: { 'missing-context': ['doc:4#editor@user:x', 'doc:4#viewer@user:x'] },
  },
  {
    says: 'a value of another type is unknown',
    tuples: [withCondition('doc:1#editor@user:x', 'within', { max: 5 })],
    options: { context: { now: 'soon' } },
    unknown: { condition: ['doc:1#editor@user:x', 'doc:1#reader@user:x'] },
    denied: ['doc:1#owner@user:x'],
  },
  {
    says: 'contextual tuples stand in the place of stored ones with their key',
    tuples: [
      withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
      'doc:2#editor@user:x',
      'doc:9#banned@team:a#member',
      'doc:9#viewer@user:x',
    ],
    options: {
      context: { now: 7 },
      contextualTuples: [
        keyOf('doc:1#editor@user:x'),
        withCondition('doc:2#editor@user:x', 'within', { max: 5 }),
        keyOf('doc:5#parent@folder:new'),
        keyOf('folder:new#owner@user:unheard'),
        keyOf('team:a#member@user:x'),
        keyOf('doc:6#banned@team:a#member'),
        keyOf('doc:7#viewer@user:*'),
      ],
    },
    allowed: ['doc:1#editor@user:x', 'doc:5#viewer@user:unheard', 'doc:6#banned@user:x', 'doc:7#viewer@user:anyone'],
    denied: ['doc:2#editor@user:x', 'doc:5#viewer@user:x', 'doc:9#reader@user:x', 'doc:6#banned@user:y'],
  },
  {
    says: 'of two contextual tuples with the same key the first holds, whatever is stored',
    tuples: ['doc:1#editor@user:x'],
    options: {
      context: { now: 7 },
      contextualTuples: [
        withCondition('doc:1#editor@user:x', 'within', { max: 5 }),
        withCondition('doc:2#editor@user:x', 'within', { max: 9 }),
        keyOf('doc:1#editor@user:x'),
        withCondition('doc:2#editor@user:x', 'within', { max: 5 }),
      ],
    },
    allowed: ['doc:2#editor@user:x'],
    denied: ['doc:1#editor@user:x'],
  },
  {
    says: 'depth: more levels than the limit are unknown, and no `but not` allows them',
    tuples: [
      'doc:1#parent@folder:0',
      ...folders(30),
      'folder:30#owner@user:x',
      'folder:10#owner@user:near',
      'doc:2#owner@user:o',
      'doc:2#banned@team:0#member',
      ...Array.from({ length: 30 }, (_, at) => `team:${at}#member@team:${at + 1}#member`),
      'team:30#member@user:o',
      'doc:1#viewer@user:here',
    ],
    allowed: ['doc:1#viewer@user:near', 'doc:1#viewer@user:here', 'doc:2#viewer@user:o'],
    denied: ['doc:3#viewer@user:x'],
    unknown: {
      depth: ['doc:1#viewer@user:x', 'doc:1#reader@user:x', 'doc:2#reader@user:o', 'doc:2#banned@user:nobody'],
    },
  },
  {
    says: 'depth: the last level counts',
    tuples: [...folders(24), 'folder:24#owner@user:x', 'folder:23#owner@user:y'],
    unknown: { depth: ['folder:0#viewer@user:x'] },
    allowed: ['folder:0#viewer@user:y', 'folder:1#viewer@user:x'],
  },
  {
    says: 'breadth: more usersets and parents than the limit are unknown; members of flat relations are not counted',
    tuples: [
      'doc:1#owner@user:x',
      ...Array.from({ length: 4 }, (_, at) => `doc:1#banned@team:${at}#member`),
      'doc:2#parent@folder:a',
      'doc:2#parent@folder:b',
      'doc:2#parent@folder:c',
      'doc:2#parent@folder:d',
      'folder:a#owner@user:x',
      'doc:3#banned@team:1#member',
      'doc:3#owner@user:x',
      ...Array.from({ length: 40 }, (_, at) => `doc:4#editor@team:${at}#lead`),
      'team:33#lead@user:x',
    ],
    options: { limits: { breadthMax: 3 } },
    allowed: ['doc:3#reader@user:x', 'doc:4#editor@user:x'],
    denied: ['doc:3#reader@user:y', 'doc:4#editor@user:y'],
    unknown: { breadth: ['doc:1#reader@user:x', 'doc:2#viewer@user:x'] },
  },
  {
    says: 'steps: an evaluation that takes too many is unknown',
    tuples: ['doc:1#parent@folder:0', ...folders(9), 'folder:9#owner@user:x'],
    options: { limits: { stepsMax: 8 } },
    unknown: { breadth: ['doc:1#viewer@user:x', 'doc:1#reader@user:x'] },
    allowed: ['folder:9#viewer@user:x'],
  },
];

describe('check', () => {
  it.each(CASES)('$says', ({ tuples, allowed = [], denied = [], unknown = {}, options }) => {
    const index = indexOf(DSL, tuples);
    const asked = (texts: readonly string[]) => texts.map((text) => [text, check(index, keyOf(text), options)]);
    expect(asked(allowed)).toEqual(allowed.map((text) => [text, { allowed: true }]));
    expect(asked(denied)).toEqual(denied.map((text) => [text, { allowed: false }]));
    for (const [reason, texts] of Object.entries(unknown)) {
      expect(asked(texts)).toEqual(texts.map((text) => [text, { allowed: false, unknown: reason }]));
    }
  });

  it('a userset that a flat relation does not admit is not in it, whatever is written', () => {
    const index = indexOf(
      'type user\ntype team\n  relations\n    define member: [user]\ntype doc\n  relations\n    define lead: [team]\n    define viewer: [user, doc#lead]',
      ['doc:1#viewer@doc:2#lead', 'doc:2#lead@team:a#member', 'doc:2#lead@team:b', 'team:a#member@user:x'],
    );
    const asked = ['team:a#member', 'team:a', 'team:b', 'doc:2#lead', 'user:x'].map((user) => {
      return [user, check(index, { object: 'doc:1', relation: 'viewer', user }).allowed];
    });
    expect(asked).toEqual([
      ['team:a#member', false],
      ['team:a', false],
      ['team:b', true],
      ['doc:2#lead', true],
      ['user:x', false],
    ]);
  });

  it('a user of many sets, against few usersets and against many', () => {
    const leads = (count: number) => Array.from({ length: count }, (_, at) => `team:${at}#lead@user:busy`);
    const editors = (doc: string, from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => `doc:${doc}#editor@team:${from + at}#lead`);
    const index = indexOf(DSL, [
      ...leads(30),
      ...editors('few', 28, 32),
      ...editors('many', 29, 99),
      ...editors('none', 30, 99),
      'doc:other#editor@team:31#lead',
    ]);
    const asked = ['few', 'many', 'none', 'other'].map((doc) => check(index, keyOf(`doc:${doc}#editor@user:busy`)));
    expect(asked.map(({ allowed }) => allowed)).toEqual([true, true, false, false]);
    expect(check(index, keyOf('doc:none#editor@user:busy'), { limits: { stepsMax: 20 } })).toEqual({
      allowed: false,
      unknown: 'breadth',
    });
  });

  it('ends when time is over, and allows nothing', () => {
    const wide = Array.from({ length: 900 }, (_, at) => `doc:1#banned@team:${at}#member`);
    const index = indexOf(DSL, ['doc:1#owner@user:x', ...wide]);
    let looks = 0;
    const expired = () => ++looks > 1;
    expect(check(index, keyOf('doc:1#reader@user:x'))).toEqual({ allowed: true });
    expect(check(index, keyOf('doc:1#reader@user:x'), { expired })).toEqual({ allowed: false, unknown: 'deadline' });
    expect(looks).toBe(2);
  });

  it('does not follow a context that is nested 1,000 deep, and allows nothing by it', () => {
    const deep = Array.from({ length: 1_000 }).reduce<unknown>((inner) => [inner], 'bottom');
    const source = modelOf(
      'type user\ntype doc\n  relations\n    define viewer: [user with listed]\ncondition listed(ids: string) {\n  ids == "1"\n}',
    );
    const { listed } = source.conditions!;
    const conditions = { listed: { ...listed!, parameters: { ids: { type_name: 'TYPE_NAME_ANY' } } } };
    const index = loaded(compiled({ ...source, conditions }), [withCondition('doc:1#viewer@user:x', 'listed')]);
    const question = keyOf('doc:1#viewer@user:x');
    expect(check(index, question, { context: { ids: deep } })).toEqual({ allowed: false, unknown: 'condition' });
    expect(check(index, question, { context: { ids: [deep] } })).toEqual({ allowed: false, unknown: 'condition' });
    expect(check(index, question, { context: { ids: '1', other: deep } })).toEqual({ allowed: true });
    const contextualTuples = [withCondition('doc:1#viewer@user:x', 'listed', { ids: deep })];
    expect(() => check(index, question, { contextualTuples })).toThrow(
      expect.objectContaining({ code: 'INVALID_TUPLE' }),
    );
  });

  it('tells of a condition that it could not evaluate, and what is missing', () => {
    const index = indexOf(DSL, [withCondition('doc:1#editor@user:x', 'within', { max: 5 })]);
    const told: unknown[] = [];
    const options: CheckOptions = { conditionFailed: (failure) => told.push(failure) };
    check(index, keyOf('doc:1#editor@user:x'), options);
    check(index, keyOf('doc:1#editor@user:x'), { ...options, context: { now: 'soon' } });
    check(index, keyOf('doc:1#editor@user:x'), { ...options, context: { now: 1 } });
    check(index, keyOf('doc:2#editor@user:x'), {
      ...options,
      contextualTuples: [withCondition('doc:2#editor@user:x', 'within')],
    });
    expect(told).toEqual([
      { condition: 'within', missing: ['now'] },
      { condition: 'within', missing: [] },
      { condition: 'within', missing: ['max', 'now'] },
    ]);
  });

  it('does not take exponential time where ways meet again and again', () => {
    const diamonds = Array.from({ length: 11 }, (_, at) =>
      [0, 1, 2].flatMap((from) => [0, 1, 2].map((to) => `folder:${at}-${from}#parent@folder:${at + 1}-${to}`)),
    ).flat();
    const index = indexOf(DSL, diamonds);
    expect(check(index, keyOf('folder:0-0#viewer@user:x'), { limits: { stepsMax: 2_000 } })).toEqual({
      allowed: false,
    });
  });

  describe('of a relation that the user cannot be in by the model', () => {
    const CLOSED = `type user
type doc
  relations
    define linked: [doc, doc#near]
    define near: linked and linked
    define owner: [user]
    define open: owner or near
    define rest: owner but not near
`;
    const ids = Array.from({ length: 8 }, (_, at) => at);
    const linked = ids.flatMap((from) => ids.map((to) => `doc:${from}#linked@doc:${to}#near`));

    it.each([
      ['looks at nothing', 'doc:1#near@user:x', false],
      ['looks at nothing for everybody', 'doc:1#near@user:*', false],
      ['looks at the other ways alone, and denies', 'doc:1#open@user:x', false],
      ['looks at the other ways alone, and allows', 'doc:2#open@user:x', true],
      ['looks at what another kind of user can be in', 'doc:1#near@doc:9', true],
    ])('%s', (_, asked, allowed) => {
      const index = indexOf(CLOSED, [...linked, 'doc:2#owner@user:x', 'doc:1#linked@doc:9']);
      expect(check(index, keyOf(asked), { limits: { stepsMax: 100 } })).toEqual({ allowed });
    });

    it('still denies where it leads to itself and is taken away', () => {
      const index = indexOf(CLOSED, ['doc:1#owner@user:x', 'doc:2#owner@user:x', 'doc:1#linked@doc:1#near']);
      expect(check(index, keyOf('doc:1#rest@user:x'))).toEqual({ allowed: false });
      expect(check(index, keyOf('doc:2#rest@user:x'))).toEqual({ allowed: true });
    });
  });

  it.each([
    ['an unknown type', 'ghost:1#viewer@user:x', 'UNKNOWN_TYPE'],
    ['an unknown relation', 'doc:1#ghost@user:x', 'UNKNOWN_RELATION'],
    ['an unknown type of user', 'doc:1#viewer@ghost:x', 'UNKNOWN_TYPE'],
    ['an unknown relation of a user', 'doc:1#viewer@team:a#ghost', 'UNKNOWN_RELATION'],
    ['a wildcard as object', 'doc:*#viewer@user:x', 'INVALID_ARGUMENT'],
    ['an object without id', 'doc#viewer@user:x', 'INVALID_ARGUMENT'],
    ['a user without type', 'doc:1#viewer@x', 'INVALID_ARGUMENT'],
  ])('is refused for %s', (_, text, code) => {
    const index = indexOf(DSL, ['ghost:1#viewer@ghost:x', 'doc:1#ghost@user:x', 'team:a#ghost@user:x']);
    expect(() => check(index, keyOf(text))).toThrow(expect.objectContaining({ code }));
    expect(check(index, keyOf('doc:1#viewer@user:x'))).toEqual({ allowed: false });
  });

  it.each([
    ['of a kind that the model does not allow', [keyOf('doc:1#owner@user:*')]],
    [
      'that are too many',
      Array.from({ length: CONTEXTUAL_TUPLES_MAX + 1 }, (_, at) => keyOf(`doc:1#owner@user:${at}`)),
    ],
  ])('refuses contextual tuples %s', (_, contextualTuples) => {
    const index = indexOf(DSL, []);
    const ask = () => check(index, keyOf('doc:1#owner@user:x'), { contextualTuples });
    expect(ask).toThrow(expect.objectContaining({ code: 'INVALID_TUPLE' }));
  });
});
