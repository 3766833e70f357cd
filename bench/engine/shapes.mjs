import { TupleIndex } from '../../dist/domain/relation/tuple-index.js';
import { random, userId } from './measure.mjs';
import { NOW, referenceTuples, someUser, usersOf } from './reference-tuples.mjs';

const LEVELS = 25;
const MEMBERS = 100_000;
const GROUPS = 1_000;
const PERMISSION_TUPLES = 10_000;

const question = (object, relation, user) => ({ object, relation, user, length: 0 });

/**
 * Relationships of an application that are deep, or wide on either side, asked where the answer is yes and where it is no.
 * @param {import('../../dist/domain/relation/compile-model.js').CompiledModel} model
 * @returns {{ index: TupleIndex, shapes: { name: string, make: () => object, allowed: boolean, questions: number, why: string }[] }}
 */
export function relationshipShapes(model) {
  const index = new TupleIndex(model);
  for (let level = 1; level < LEVELS; level++) {
    index.write({ object: `team:t${level - 1}`, relation: 'member', user: `team:t${level}#member` });
  }
  for (let number = 0; number < MEMBERS; number++) {
    index.write({ object: 'team:wide', relation: 'member', user: `user:${userId(number)}` });
    if (number % 100 === 0) {
      index.write({ object: `team:t${LEVELS - 1}`, relation: 'member', user: `user:${userId(number)}` });
    }
  }
  for (let number = 0; number < GROUPS; number++) {
    index.write({ object: `team:g${number}`, relation: 'member', user: 'user:busy' });
  }
  for (const team of ['wide', 'g7', 'other']) {
    index.write({ object: `document:${team}`, relation: 'viewer', user: `team:${team}#member` });
  }
  const member = () => `user:${userId(random(MEMBERS))}`;
  const deepMember = () => `user:${userId(random(MEMBERS / 100) * 100)}`;
  const stranger = () => `user:${userId(50_000_000 + random(MEMBERS))}`;
  const wide = `team of ${MEMBERS.toLocaleString('en')}`;
  const busy = `user in ${GROUPS.toLocaleString('en')} teams`;
  const shapes = [
    {
      name: `${LEVELS} levels of teams, member of the last`,
      make: () => question('team:t0', 'member', deepMember()),
      allowed: true,
      questions: 20_000,
      why: 'each level is a look-up of the set, of the user in it, and a step to the next team',
    },
    {
      name: `${LEVELS} levels of teams, member of none`,
      make: () => question('team:t0', 'member', stranger()),
      allowed: false,
      questions: 20_000,
      why: 'the same way down, and nobody there',
    },
    {
      name: `${wide}, member`,
      make: () => question('team:wide', 'member', member()),
      allowed: true,
      questions: 100_000,
      why: 'found among the few sets of the user: the number of members does not matter',
    },
    {
      name: `${wide}, not a member`,
      make: () => question('team:wide', 'member', stranger()),
      allowed: false,
      questions: 100_000,
      why: 'a user of no tuple: one miss in the table of names',
    },
    {
      name: `document of a ${wide}`,
      make: () => question('document:wide', 'viewer', member()),
      allowed: true,
      questions: 100_000,
      why: 'one userset is followed to its team',
    },
    {
      name: `${busy}, one of them`,
      make: () => question(`team:g${random(GROUPS)}`, 'member', 'user:busy'),
      allowed: true,
      questions: 100_000,
      why: 'one probe in the hash of the sets of the user',
    },
    {
      name: `${busy}, document of one`,
      make: () => question('document:g7', 'viewer', 'user:busy'),
      allowed: true,
      questions: 100_000,
      why: 'the document lists one team: one userset is followed, not a thousand sets',
    },
    {
      name: `${busy}, document of another`,
      make: () => question('document:other', 'viewer', 'user:busy'),
      allowed: false,
      questions: 100_000,
      why: 'viewer, editor and owner are looked at, and the team of the document: no',
    },
  ];
  return { index, shapes };
}

/** A permission of the shipped model on a small index, for its probes. */
export function permissionShapes(model) {
  const index = new TupleIndex(model);
  for (const tuple of referenceTuples(PERMISSION_TUPLES)) index.write(tuple);
  const user = (allowed) => `user:${userId(someUser(usersOf(PERMISSION_TUPLES), allowed, random))}`;
  const shapes = [true, false].map((allowed) => ({
    name: permissionName(allowed),
    make: () => question('permission:p1', 'allowed', user(allowed)),
    allowed,
  }));
  return { index, shapes, options: { context: { now: NOW } } };
}

export const permissionName = (allowed) => `permission#allowed, ${allowed ? 'allowed' : 'denied'}`;
