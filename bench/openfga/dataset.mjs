import { userId } from '../engine/measure.mjs';

/** The relationships of every server of the comparison: one partner, its permissions, and users as the platform has them. */
const PERMISSIONS = 20;
const USERS = 12_370;
const ROLES = ['guest', 'basic', 'basic', 'basic', 'advanced', 'advanced', 'company', 'admin'];
const GRANTED = ['basic', 'advanced', 'company'];
/** Every viewer sees a thousand of them. */
export const DOCUMENTS = 100_000;
const VIEWERS = DOCUMENTS / 1_000;
/** Requests that a load takes in turn. */
const REQUESTS = 1_000;
export const BATCH = 50;
const BATCHES = 20;

/** At least `count` tuples as `[object, relation, user]`: the permissions first, then users with all that is said of them. */
export function* permissionTuples(count = Infinity) {
  let made = 0;
  for (let number = 0; number < PERMISSIONS; number++) {
    const object = `permission:p${number}`;
    yield [object, 'gate', `partner:acme#${number % 4 === 0 ? 'in_service' : 'operational'}`];
    yield [object, 'withheld', 'partner:acme#signing'];
    for (const role of GRANTED) yield [object, 'granted', `partner:acme#${role}`];
    yield [object, 'granted', 'plan:gold#holder'];
    made += 6;
  }
  const users = count === Infinity ? USERS : Infinity;
  for (let number = 0; number < users && made < count; number++) {
    const user = `user:${userId(number)}`;
    yield ['partner:acme', ROLES[number % ROLES.length], user];
    if (holds(number)) yield ['plan:gold', 'holder', user];
    if (isIdle(number)) yield ['partner:acme', 'idle', user];
    made += 1 + Number(holds(number)) + Number(isIdle(number));
  }
}

const holds = (number) => number % 5 === 1;
const isIdle = (number) => number % 10 === 3;
const isAllowed = (number) => (holds(number) || GRANTED.includes(ROLES[number % ROLES.length])) && !isIdle(number);

export function* documentTuples() {
  for (let number = 0; number < DOCUMENTS; number++) {
    yield [`document:d${number}`, 'viewer', `user:${userId(number % VIEWERS)}`];
  }
}

/** Questions `[object, relation, user]` that are all allowed or all denied, spread over `users` users. */
export function questions(allowed, users = USERS) {
  const found = [];
  const step = Math.max(1, Math.floor(users / (REQUESTS * 4)));
  for (let number = 0; found.length < REQUESTS && number < users; number += step) {
    const object = `permission:p${[1, 2, 3, 5, 6, 7][found.length % 6]}`;
    if (isAllowed(number) === allowed) found.push([object, 'allowed', `user:${userId(number)}`]);
  }
  return found;
}

/** Batches of {@link BATCH} questions, half of them allowed. */
export function batches() {
  const denied = questions(false);
  const both = questions(true).flatMap((question, at) => [question, denied[at]]);
  return Array.from({ length: BATCHES }, (_, at) => both.slice(at * BATCH, (at + 1) * BATCH));
}

/** Users who each see a thousand documents. */
export function viewers() {
  return Array.from({ length: VIEWERS }, (_, number) => `user:${userId(number)}`);
}
