/**
 * Prints as JSON how many probes the questions of the shapes take, by name: look-ups in the table of names and sets, and in the sets of a user
 * or the users of a set; the mean over some questions. In a process of its own, since counting slows what is counted.
 */
import { check } from '../../dist/domain/relation/check.js';
import { EntityTable } from '../../dist/domain/relation/entity-table.js';
import { EntryCollections } from '../../dist/domain/relation/entry-collections.js';
import { UserSets } from '../../dist/domain/relation/user-sets.js';
import { shippedModel } from './reference-tuples.mjs';
import { permissionShapes, relationshipShapes } from './shapes.mjs';

const QUESTIONS = 200;
let probes = 0;
for (const [prototype, name] of [
  [EntityTable.prototype, 'findName'],
  [EntityTable.prototype, 'findSet'],
  [EntryCollections.prototype, 'find'],
  [UserSets.prototype, 'find'],
]) {
  const own = prototype[name];
  prototype[name] = function (...given) {
    probes++;
    return own.apply(this, given);
  };
}

const model = shippedModel();
const counted = {};
for (const { index, shapes, options } of [permissionShapes(model), relationshipShapes(model)]) {
  for (const { name, make, allowed } of shapes) {
    const before = probes;
    for (let number = 0; number < QUESTIONS; number++) {
      const question = make();
      if (check(index, question, options).allowed !== allowed)
        throw new Error(`${name}: ${JSON.stringify(question)} is not ${allowed}`);
    }
    counted[name] = Math.round((probes - before) / QUESTIONS);
  }
}
console.log(JSON.stringify(counted));
