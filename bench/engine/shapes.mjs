import { check } from '../../dist/domain/relation/check.js';
import { TupleIndex } from '../../dist/domain/relation/tuple-index.js';
import { line, nanoseconds, random, userId } from './measure.mjs';

const LEVELS = 25;
const MEMBERS = 100_000;
const GROUPS = 1_000;

/**
 * Relationships of an application that are deep, or wide on either side, asked where the answer is yes and where it is no.
 * @param {import('../../dist/domain/relation/compile-model.js').CompiledModel} model
 * @param {(ns: number) => string} times
 */
export function shapeLines(model, times) {
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
  const ask = (name, make, questions, why) => {
    const ns = nanoseconds(make, (question) => check(index, question).allowed, questions);
    line(name, times(ns), why);
  };
  const question = (object, relation, user) => ({ object, relation, user, length: 0 });
  const member = () => `user:${userId(random(MEMBERS))}`;
  const deepMember = () => `user:${userId(random(MEMBERS / 100) * 100)}`;
  const stranger = () => `user:${userId(50_000_000 + random(MEMBERS))}`;

  ask(
    `${LEVELS} levels of teams, member of the last`,
    () => question('team:t0', 'member', deepMember()),
    20_000,
    'each level is a look-up of the set, of the user in it, and a step to the next team',
  );
  ask(
    `${LEVELS} levels of teams, member of none`,
    () => question('team:t0', 'member', stranger()),
    20_000,
    'the same way down, and nobody there',
  );
  ask(
    `team of ${MEMBERS.toLocaleString('en')}, member`,
    () => question('team:wide', 'member', member()),
    100_000,
    'found among the few sets of the user: the number of members does not matter',
  );
  ask(
    `team of ${MEMBERS.toLocaleString('en')}, not a member`,
    () => question('team:wide', 'member', stranger()),
    100_000,
    'a user of no tuple: one miss in the table of names',
  );
  ask(
    `document of a team of ${MEMBERS.toLocaleString('en')}`,
    () => question('document:wide', 'viewer', member()),
    100_000,
    'one userset is followed to its team',
  );
  ask(
    `user in ${GROUPS.toLocaleString('en')} teams, one of them`,
    () => question(`team:g${random(GROUPS)}`, 'member', 'user:busy'),
    100_000,
    'one probe in the hash of the sets of the user',
  );
  ask(
    `user in ${GROUPS.toLocaleString('en')} teams, document of one`,
    () => question('document:g7', 'viewer', 'user:busy'),
    100_000,
    'the document lists one team: one userset is followed, not a thousand sets',
  );
  ask(
    `user in ${GROUPS.toLocaleString('en')} teams, document of another`,
    () => question('document:other', 'viewer', 'user:busy'),
    100_000,
    'viewer, editor and owner are looked at, and the team of the document: no',
  );
}
