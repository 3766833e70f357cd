import { expect, it } from 'vitest';
import { lintModel } from '../../../src/domain/relation/lint-model.ts';
import { modelOf } from './engine.ts';

const lines = (dsl: string) => lintModel(modelOf(dsl)).map(({ rule, type, relation }) => `${rule} ${type}#${relation}`);

const TEAM = `type user
type team
  relations
    define member: [user]
`;

it.each([
  {
    rule: 'tupleset-target-missing',
    dsl: `${TEAM}type page
  relations
    define owner: [team, user]
    define viewer: member from owner`,
    expected: ['tupleset-target-missing page#viewer'],
  },
  {
    rule: 'tupleset-target-missing, below another operator',
    dsl: `${TEAM}type page
  relations
    define owner: [team, page]
    define viewer: [user] or member from owner`,
    expected: ['tupleset-target-missing page#viewer'],
  },
  {
    rule: 'cycle-through-operator, by its own userset',
    dsl: `type user
type page
  relations
    define open: [user]
    define viewer: [user, page#viewer] and open`,
    expected: ['cycle-through-operator page#viewer', 'self-referential-userset page#viewer'],
  },
  {
    rule: 'cycle-through-operator, by parents and another relation; the user of `but not` stays concrete',
    dsl: `type user
type folder
  relations
    define parent: [folder]
    define banned: [user] or viewer from parent
    define viewer: [user] but not banned`,
    expected: ['cycle-through-operator folder#viewer'],
  },
  {
    rule: 'a cycle of unions alone is none',
    dsl: `type user
type folder
  relations
    define parent: [folder]
    define viewer: [user] or viewer from parent`,
    expected: [],
  },
  {
    rule: 'userset-with-exclusion',
    dsl: `${TEAM}type page
  relations
    define banned: [user]
    define viewer: [user, team#member] but not banned`,
    expected: ['userset-with-exclusion page#viewer'],
  },
  {
    rule: 'userset-with-exclusion, by a wildcard that another relation admits',
    dsl: `type user
type page
  relations
    define banned: [user]
    define reader: [user, user:*]
    define viewer: reader but not banned`,
    expected: ['userset-with-exclusion page#viewer'],
  },
  {
    rule: 'a `but not` of plain users alone is none',
    dsl: `type user
type page
  relations
    define banned: [user]
    define viewer: [user] but not banned`,
    expected: [],
  },
  {
    rule: 'alias-userset',
    dsl: `${TEAM}    define all: member
type page
  relations
    define viewer: [team#all]
    define editor: [team#member]`,
    expected: ['alias-userset page#viewer'],
  },
  {
    rule: 'self-referential-userset',
    dsl: `type user
type team
  relations
    define member: [user, team#member]`,
    expected: ['self-referential-userset team#member'],
  },
])('warns of what OpenFGA will change: $rule', ({ dsl, expected }) => {
  expect(lines(dsl)).toEqual(expected);
});

it('names the types, relations and users that a warning is about', () => {
  const model = modelOf(`${TEAM}type page
  relations
    define owner: [user, team]
    define banned: [user]
    define viewer: [team#member] but not banned
    define reader: member from owner`);
  expect(lintModel(model).map(({ message }) => message)).toEqual([
    'it has a `but not`, and `team#member` may be a user of `page#viewer`: asked with such a user, it will be an error',
    '`member from owner`: the type `user` has no relation `member`',
  ]);
});
