/**
 * The relationship engine alone, in one run with one `Map.get` of a fresh string key on a map of a million entries.
 * node bench/engine/in-process.mjs [tuples…]     sizes, default 1000 100000 1000000 10000000; needs `npm run build` first
 * node --expose-gc …                             for the growth of process memory
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { check } from '../../dist/domain/relation/check.js';
import { TupleIndex } from '../../dist/domain/relation/tuple-index.js';
import { conditionLines } from './condition-lines.mjs';
import { answers, cpuNs, line, nanoseconds, random, userId } from './measure.mjs';
import { compactionLines, snapshotLines } from './memory-lines.mjs';
import { NOW, referenceTuples, shippedModel, someUser, usersOf } from './reference-tuples.mjs';
import { permissionName, relationshipShapes } from './shapes.mjs';

const MAP_ENTRIES = 1_000_000;
const BATCH = 50_000;
/** From here on a snapshot takes long enough to be measured. */
const SNAPSHOT_FROM = 1_000_000;
const COMPACTED_AT = 1_000_000;
const STRANGERS = 50_000_000;

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [1_000, 100_000, 1_000_000, 10_000_000];
const model = shippedModel();
const probes = JSON.parse(
  execFileSync(process.execPath, [fileURLToPath(new URL('probes.mjs', import.meta.url))], { encoding: 'utf8' }),
);

const map = new Map();
for (let number = 0; number < MAP_ENTRIES; number++) map.set(`user:${userId(number)}`, number);
const mapNs = nanoseconds(
  () => `user:${userId(random(MAP_ENTRIES))}`,
  (key) => map.get(key) !== undefined,
);
line(
  'Map.get, 1,000,000 entries',
  `${mapNs.toFixed(0)} ns`,
  'one look-up of a string just built: hash it, miss the processor cache, compare',
);
map.clear();
const times = (ns) => `${ns.toFixed(0)} ns = ${(ns / mapNs).toFixed(2)} x Map`;

const resident = () => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

for (const size of sizes) {
  const title = size.toLocaleString('en');
  console.log(`\n${title} tuples of the shipped model`);
  const say = (name, figure, why) => line(`${title}: ${name}`, figure, why);
  const index = load(size, say);
  const users = usersOf(index.size);
  for (const allowed of [true, false]) {
    say(
      permissionName(allowed),
      times(ask(index, 'permission:p1', 'allowed', () => someUser(users, allowed, random), allowed)),
      `from strings; granted, gate, withheld; idle users have a condition; ${probes[permissionName(allowed)]} probes`,
    );
  }
  say(
    'permission#allowed, user of no tuple',
    times(ask(index, 'permission:p1', 'allowed', () => STRANGERS + random(users), false)),
    'one miss in the table of names, then only the model is walked',
  );
  say(
    'partner#basic',
    times(ask(index, 'partner:acme', 'basic', () => random(users))),
    'one direct relation of a set of a third of all users',
  );
  if (size >= SNAPSHOT_FROM) snapshotLines(index, model);
  if (size === COMPACTED_AT) compactionLines(index, size);
}

console.log('\nshapes');
const { index: shaped, shapes } = relationshipShapes(model);
for (const { name, make, questions, why } of shapes) {
  const ns = nanoseconds(make, (question) => check(shaped, question).allowed, questions);
  line(name, times(ns), `${why}; ${probes[name]} probes`);
}
conditionLines();
if (answers() < 0) console.log(answers());

function load(size, say) {
  // The garbage of making tuples grows the heap once; it is no part of the index.
  let made = 0;
  for (const tuple of referenceTuples(size)) made += tuple.user.length;
  if (made === 0) throw new Error('no tuples');
  const residentBefore = resident();
  const index = new TupleIndex(model);
  let spentNs = 0;
  let batch = [];
  const flush = () => {
    const before = cpuNs();
    for (const tuple of batch) index.write(tuple);
    spentNs += cpuNs() - before;
    batch = [];
  };
  for (const tuple of referenceTuples(size)) if (batch.push(tuple) === BATCH) flush();
  flush();
  const grown = resident() - residentBefore;
  say(
    'loaded',
    `${Math.round((index.size / spentNs) * 1e9).toLocaleString('en')} / s`,
    'write() of tuples as strings, one after the other',
  );
  say(
    'typed arrays',
    `${(index.bytes / index.size).toFixed(1)} bytes a tuple`,
    'all that the index holds, names included',
  );
  if (size >= SNAPSHOT_FROM) {
    const why = globalThis.gc
      ? 'resident memory after a garbage collection; what the allocator keeps of outgrown arrays included'
      : 'rough without --expose-gc';
    say('growth of process memory', `${(grown / index.size).toFixed(1)} bytes a tuple`, why);
  }
  return index;
}

function ask(index, object, relation, userNumber, expected) {
  const options = { context: { now: NOW } };
  return nanoseconds(
    () => `user:${userId(userNumber())}`,
    (user) => {
      const { allowed } = check(index, { object, relation, user }, options);
      if (expected !== undefined && allowed !== expected) throw new Error(`${object}#${relation}@${user}: ${allowed}`);
      return allowed;
    },
  );
}
