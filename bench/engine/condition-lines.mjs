import { compileCondition } from '../../dist/domain/relation/condition/compile-condition.js';
import { NameList } from '../../dist/domain/relation/vocabulary.js';
import { line, nanoseconds } from './measure.mjs';
import { NOW } from './reference-tuples.mjs';

/** `now < at` of two timestamps, as the closure that the index uses and as the CEL library evaluates it. */
export function conditionLines() {
  const definition = {
    name: 'until',
    expression: 'now < at',
    parameters: { now: { type_name: 'TYPE_NAME_TIMESTAMP' }, at: { type_name: 'TYPE_NAME_TIMESTAMP' } },
  };
  const { condition } = compileCondition(definition, new NameList());
  const input = { request: undefined, context: undefined, link: 0, links: undefined, keyFromModel: undefined };
  const context = (number) => ({ length: 0, now: NOW, at: NOW + (number % 7) - 3 });
  const closure = nanoseconds(context, (made) => {
    input.request = made;
    return condition.evaluate(input) === 1;
  });
  const library = nanoseconds(context, (made) => condition.evaluateByCel(made) === 1, 50_000);
  line('now < at, specialised', `${closure.toFixed(1)} ns`, 'a closure over two numbers');
  line('now < at, by the CEL library', `${library.toFixed(0)} ns`, 'timestamps made of both numbers, then compared');
}
