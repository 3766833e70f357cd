/**
 * The relationship engine alone, in one run with one `Map.get` of a fresh string key on a map of a million entries.
 * node bench/engine/in-process.mjs [tuples…]     sizes, default 1000 100000 1000000; needs `npm run build` first
 * node --expose-gc …                             for the growth of process memory
 */
import { readFileSync } from 'node:fs';
import { transformer } from '@openfga/syntax-transformer';
import { check } from '../../dist/domain/relation/check.js';
import { compileModel } from '../../dist/domain/relation/compile-model.js';
import { TupleIndex } from '../../dist/domain/relation/tuple-index.js';
import { answers, cpuNs, line, nanoseconds, random, userId } from './measure.mjs';
import { shapeLines } from './shapes.mjs';

const MAP_ENTRIES = 1_000_000;
const NOW = Date.parse('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const PERMISSIONS = 20;
const ROLES = ['guest', 'basic', 'basic', 'basic', 'advanced', 'advanced', 'company', 'admin'];

const sizes = process.argv.slice(2).map(Number);
const { model, problems } = compileModel(
  transformer.transformDSLToJSONObject(readFileSync(new URL('../../models/gatehouse.fga', import.meta.url), 'utf8')),
);
if (problems) throw new Error(JSON.stringify(problems));

function* tuples(count) {
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
    if (number % 5 === 1) {
      yield { object: 'plan_version:gold.1', relation: 'holder', user };
      made++;
    }
    if (number % 10 === 3) {
      const at = new Date(NOW + HOUR_MS + number).toISOString();
      yield { object: 'partner:acme', relation: 'idle', user, condition: { name: 'until', context: { at } } };
      made++;
    }
  }
}

const map = new Map();
for (let number = 0; number < MAP_ENTRIES; number++) map.set(`user:${userId(number)}`, number);
const mapNs = nanoseconds(
  () => `user:${userId(random(MAP_ENTRIES))}`,
  (key) => map.get(key) !== undefined,
);
const times = (ns) => `${ns.toFixed(0)} ns = ${(ns / mapNs).toFixed(2)} x Map`;
line(
  'Map.get, 1,000,000 entries',
  `${mapNs.toFixed(0)} ns`,
  'one look-up of a string just built: hash it, miss the processor cache, compare',
);
map.clear();

const resident = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

for (const size of sizes.length > 0 ? sizes : [1_000, 100_000, 1_000_000]) {
  console.log(`\n${size.toLocaleString('en')} tuples of the shipped model`);
  const residentBefore = resident();
  const index = new TupleIndex(model);
  let spentNs = 0;
  let batch = [];
  const load = () => {
    const before = cpuNs();
    for (const tuple of batch) index.write(tuple);
    spentNs += cpuNs() - before;
    batch = [];
  };
  for (const tuple of tuples(size)) if (batch.push(tuple) === 50_000) load();
  load();
  const residentAfter = resident();
  const users = Math.floor(((index.size - PERMISSIONS * 6) * 10) / 13);
  line(
    'loaded',
    `${Math.round((index.size / spentNs) * 1e9).toLocaleString('en')} / s`,
    'write() of tuples as strings, one after the other',
  );
  line(
    'typed arrays',
    `${(index.bytes / index.size).toFixed(1)} bytes a tuple`,
    'all that the index holds, names included',
  );
  line(
    'growth of process memory',
    `${((residentAfter - residentBefore) / index.size).toFixed(1)} bytes a tuple`,
    globalThis.gc ? 'after a garbage collection' : 'rough without --expose-gc; meaningless for small sizes',
  );
  const options = { context: { now: NOW } };
  const ask = (permission, from) => {
    const object = `permission:p${permission}`;
    const outcomes = [0, 0];
    const ns = nanoseconds(
      () => `user:${userId(from + random(users))}`,
      (user) => {
        const { allowed } = check(index, { object, relation: 'allowed', user }, options);
        outcomes[allowed ? 1 : 0]++;
        return allowed;
      },
    );
    return [ns, `${((outcomes[1] / (outcomes[0] + outcomes[1])) * 100).toFixed(0)} % allowed`];
  };
  const [anyNs, anyShare] = ask(1, 0);
  line(
    'permission#allowed, any user',
    times(anyNs),
    `operational permission, ${anyShare}: granted, gate, withheld; idle users have a condition`,
  );
  const [loginNs, loginShare] = ask(4, 0);
  line(
    'permission#allowed, any user, general',
    times(loginNs),
    `general permission, ${loginShare}: the gate does not ask for idle`,
  );
  const [missNs, missShare] = ask(1, 50_000_000);
  line(
    'permission#allowed, user of no tuple',
    times(missNs),
    `${missShare}: one miss in the table of names, then only the model is walked`,
  );
  const directNs = nanoseconds(
    () => `user:${userId(random(users))}`,
    (user) => check(index, { object: 'partner:acme', relation: 'basic', user }, options).allowed,
  );
  line('partner#basic', times(directNs), 'one direct relation of a set of a third of all users');
}
console.log('\nshapes');
shapeLines(model, times);
if (answers() < 0) console.log(answers());
