import { readFileSync } from 'node:fs';
import { transformer } from '@openfga/syntax-transformer';
import { compileModel } from '../../dist/domain/relation/compile-model.js';
import { userId } from './measure.mjs';

/** The moment of every question. */
export const NOW = Date.parse('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const PERMISSIONS = 20;
const ROLES = ['guest', 'basic', 'basic', 'basic', 'advanced', 'advanced', 'company', 'admin'];
/** Users come round after so many: 8 roles, every fifth with a plan, every tenth idle. */
const ROUND = 40;

/** The shipped model, compiled. */
export function shippedModel() {
  const dsl = readFileSync(new URL('../../models/gatehouse.fga', import.meta.url), 'utf8');
  const { model, problems } = compileModel(transformer.transformDSLToJSONObject(dsl));
  if (problems) throw new Error(JSON.stringify(problems));
  return model;
}

/** At least `count` tuples of the shipped model: 20 permissions, and users with a role, some with a plan, some idle. */
export function* referenceTuples(count) {
  let made = 0;
  for (let number = 0; number < PERMISSIONS; number++) {
    const object = `permission:p${number}`;
    const gate = number % 4 === 0 ? 'in_service' : 'operational';
    yield { object, relation: 'gate', user: `partner:acme#${gate}` };
    yield { object, relation: 'withheld', user: 'partner:acme#signing' };
    for (const role of ['basic', 'advanced', 'company'])
      yield { object, relation: 'granted', user: `partner:acme#${role}` };
    yield { object, relation: 'granted', user: 'plan_version:gold.1#holder' };
    made += 6;
  }
  for (let number = 0; made < count; number++) {
    const user = `user:${userId(number)}`;
    yield { object: 'partner:acme', relation: ROLES[number % ROLES.length], user };
    made++;
    if (hasPlan(number)) {
      yield { object: 'plan_version:gold.1', relation: 'holder', user };
      made++;
    }
    if (isIdle(number)) {
      const at = new Date(NOW + HOUR_MS + number).toISOString();
      yield { object: 'partner:acme', relation: 'idle', user, condition: { name: 'until', context: { at } } };
      made++;
    }
  }
}

const hasPlan = (number) => number % 5 === 1;
const isIdle = (number) => number % 10 === 3;
const isGranted = (number) => hasPlan(number) || !['guest', 'admin'].includes(ROLES[number % ROLES.length]);

const numbersOf = (holds) => Array.from({ length: ROUND }, (_, number) => number).filter(holds);
const ALLOWED = numbersOf((number) => isGranted(number) && !isIdle(number));
const DENIED = numbersOf((number) => !isGranted(number) || isIdle(number));

/** How many users so many tuples have: 1.3 tuples each. */
export function usersOf(size) {
  return Math.floor(((size - PERMISSIONS * 6) * 10) / 13);
}

/** The number of a random user of so many, who is allowed what permission `p1` is, or is not. */
export function someUser(users, allowed, random) {
  const among = allowed ? ALLOWED : DENIED;
  const rounds = Math.max(1, Math.floor(users / ROUND) - 1);
  return random(rounds) * ROUND + among[random(among.length)];
}
