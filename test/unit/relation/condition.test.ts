import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../../src/domain/relation/check.ts';
import { compileCondition } from '../../../src/domain/relation/condition/compile-condition.ts';
import { inCidr } from '../../../src/domain/relation/condition/ip-address.ts';
import type { ConditionParameter } from '../../../src/domain/relation/model.ts';
import { ALLOWED, CONDITION_FAILED, DENIED, MISSING_CONTEXT } from '../../../src/domain/relation/outcome.ts';
import { TupleIndex } from '../../../src/domain/relation/tuple-index.ts';
import { validateTuple } from '../../../src/domain/relation/validate-tuple.ts';
import { NameList } from '../../../src/domain/relation/vocabulary.ts';
import { compiled, keyOf, modelOf, withCondition } from './engine.ts';

const typed = (text: string): ConditionParameter => {
  const [, kind, generic] = /^(\w+)(?:<(.+)>)?$/.exec(text)!;
  const own = { type_name: `TYPE_NAME_${kind!.toUpperCase()}` };
  return generic === undefined ? own : { ...own, generic_types: [typed(generic)] };
};

function conditionOf(expression: string, parameters: Readonly<Record<string, string>>) {
  const definition = {
    name: 'tested',
    expression,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, type]) => [name, typed(type)])),
  };
  const result = compileCondition(definition, new NameList());
  if ('problem' in result) throw new Error(result.problem);
  return result.condition;
}

/** expression, type of the parameter `x`, its value, the outcome. */
const CASES: readonly (readonly [string, string, unknown, number])[] = [
  ['x == "a"', 'string', 'a', ALLOWED],
  ['x == "a"', 'string', 'b', DENIED],
  ['x == "a"', 'string', 1, CONDITION_FAILED],
  ['x == 10', 'int', 10, ALLOWED],
  ['x == 10', 'int', '10', ALLOWED],
  ['x == 10', 'int', '1e1', ALLOWED],
  ['x == 10', 'int', 10.5, CONDITION_FAILED],
  ['x == 10', 'int', 'ten', CONDITION_FAILED],
  ['x > 9007199254740992', 'int', '9007199254740993', ALLOWED],
  ['x == 10u', 'uint', 10, ALLOWED],
  ['x == 10u', 'uint', -1, CONDITION_FAILED],
  ['x > 1.4', 'double', 1.5, ALLOWED],
  ['x > 1.4', 'double', '1.5', ALLOWED],
  ['x > 1.4', 'double', 'Inf', CONDITION_FAILED],
  ['x', 'bool', true, ALLOWED],
  ['x', 'bool', false, DENIED],
  ['x', 'bool', 'true', CONDITION_FAILED],
  ['x > duration("1h")', 'duration', '61m', ALLOWED],
  ['x > duration("1h")', 'duration', '1h', DENIED],
  ['x > duration("1h")', 'duration', '2sm', CONDITION_FAILED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', '2026-01-01T00:00:00.000000001Z', ALLOWED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', '2026-01-01T01:00:00+01:00', DENIED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', Date.parse('2026-01-01T00:00:00.001Z'), ALLOWED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', '2026-0101', CONDITION_FAILED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', '2026-02-30T00:00:00Z', CONDITION_FAILED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', '2026-02-28T24:00:00Z', CONDITION_FAILED],
  ['x > timestamp("2026-01-01T00:00:00Z")', 'timestamp', 1e18, CONDITION_FAILED],
  ['x.exists(e, e == "b")', 'list<string>', ['a', 'b'], ALLOWED],
  ['x.exists(e, e == "b")', 'list<string>', ['a'], DENIED],
  ['"b" in x', 'list<string>', ['b', 1], CONDITION_FAILED],
  ['x["k"] > 1', 'map<int>', { k: 2 }, ALLOWED],
  ['x.k > 1', 'map<int>', { k: 1 }, DENIED],
  ['x.k > 1', 'map<int>', { other: 1 }, CONDITION_FAILED],
  ['x.k > 1', 'map<int>', [1], CONDITION_FAILED],
  ['x[0].k == "v"', 'list<map<string>>', [{ k: 'v' }], ALLOWED],
  ['x.a[0] == "v" && x.n > 1.0', 'any', { a: ['v'], n: 2 }, ALLOWED],
  ['x.matches("^b+$")', 'string', 'bbb', ALLOWED],
  ['matches(x, "(?i)^B+$")', 'string', 'bbb', ALLOWED],
  ['matches(x, "^b+$")', 'string', 'abb', DENIED],
  ['matches("b", x)', 'string', '(', CONDITION_FAILED],
  ['x.in_cidr("192.168.0.0/24")', 'ipaddress', '192.168.0.7', ALLOWED],
  ['x.in_cidr("192.168.0.0/24")', 'ipaddress', '192.168.1.7', DENIED],
  ['x.in_cidr("192.168.0.0/24")', 'ipaddress', '::ffff:192.168.0.7', ALLOWED],
  ['x.in_cidr("192.168.0.0")', 'ipaddress', '192.168.0.7', CONDITION_FAILED],
  ['x.in_cidr("192.168.0.0/24")', 'ipaddress', '192.168.0', CONDITION_FAILED],
  ['x == ipaddress("::1")', 'ipaddress', '0:0::1', ALLOWED],
];

describe('a condition', () => {
  it.each(CASES)('%s, x of %s %j', (expression, type, value, outcome) => {
    expect(conditionOf(expression, { x: type }).evaluateByCel({ x: value })).toBe(outcome);
    expect(conditionOf(expression, { x: type }).evaluateByCel({}), 'without x').toBe(MISSING_CONTEXT);
  });

  it('misses every declared parameter that no context has, needed or not', () => {
    const condition = conditionOf('a || b', { a: 'bool', b: 'bool' });
    expect(condition.evaluateByCel({ a: true })).toBe(MISSING_CONTEXT);
    expect(condition.evaluateByCel({ a: true, b: false })).toBe(ALLOWED);
  });

  it('is refused before it costs too much', () => {
    const nested = conditionOf('x.all(a, x.all(b, x.all(c, a + b + c != "")))', { x: 'list<string>' });
    expect(nested.evaluateByCel({ x: ['1', '2'] })).toBe(ALLOWED);
    expect(nested.evaluateByCel({ x: Array.from({ length: 1_000 }, String) })).toBe(CONDITION_FAILED);
  });

  const tens = `[${Array.from({ length: 40 }, (_, at) => at).join(', ')}]`;
  it.each([
    ['x', { x: 'int' }, 'the expression is a int, not a bool'],
    ['x', { x: 'any' }, 'the expression is a any, not a bool'],
    ['x + "a"', { x: 'string' }, 'the expression is a string, not a bool'],
    ['[x]', { x: 'bool' }, 'the expression is a list, not a bool'],
    ['x ? 1 : 2', { x: 'bool' }, 'the expression is a int, not a bool'],
    ['x ? true : 1', { x: 'bool' }, "no matching overload for '?:' on (bool, bool, int)"],
    ['x == "1"', { x: 'int' }, "no matching overload for '==' on (int, string)"],
    ['x == null', { x: 'int' }, "no matching overload for '==' on (int, null)"],
    ['x == 1', { x: 'double' }, "no matching overload for '==' on (double, int)"],
    ['x > 1', { x: 'uint' }, "no matching overload for '>' on (uint, int)"],
    ['x % 2.0 == 0.0', { x: 'double' }, "no matching overload for '%' on (double, double)"],
    ['x < now', { x: 'duration', now: 'timestamp' }, "no matching overload for '<' on (duration, timestamp)"],
    ['x + now < now', { x: 'string', now: 'timestamp' }, "no matching overload for '+' on (string, timestamp)"],
    ['x && x > 1', { x: 'int' }, "no matching overload for '&&' on (int, bool)"],
    ['!x', { x: 'string' }, "no matching overload for '!' on (string)"],
    ['x in "abc"', { x: 'string' }, "no matching overload for 'in' on (string, string)"],
    ['1 in x', { x: 'list<string>' }, "no matching overload for 'in' on (int, list<string>)"],
    ['x == y', { x: 'list<int>', y: 'list<string>' }, "no matching overload for '==' on (list<int>, list<string>)"],
    ['x[0] == "a"', { x: 'map<string>' }, "no matching overload for '[]' on (map<string, string>, int)"],
    ['x.k == 1', { x: 'map<string>' }, "no matching overload for '==' on (string, int)"],
    ['x.startsWith("a")', { x: 'int' }, "no matching overload for 'startsWith' on (int, string)"],
    ['startsWith(x, "a")', { x: 'string' }, "no matching overload for 'startsWith' on (string, string)"],
    ['x.getHours() > 1', { x: 'string' }, "no matching overload for 'getHours' on (string)"],
    ['x.getMonth() > 1', { x: 'duration' }, "no matching overload for 'getMonth' on (duration)"],
    ['x.in_cidr("::/0")', { x: 'string' }, "no matching overload for 'in_cidr' on (string, string)"],
    ['bool(x)', { x: 'int' }, "no matching overload for 'bool' on (int)"],
    ['x.all(a, a)', { x: 'int' }, 'a value of int has no elements to look at'],
    ['x.all(a, a)', { x: 'any' }, 'a value of any has no elements to look at'],
    ['x.all(a, a)', { x: 'list<int>' }, "no matching overload for '&&' on (bool, int)"],
    ['x.filter(a, a) == []', { x: 'list<int>' }, "no matching overload for '?:'"],
    ['x.name == 1', { x: 'list<int>' }, "a value of list<int> has no field 'name'"],
    ['x < 9223372036854775808', { x: 'int' }, '9223372036854775808 is out of the range of integers'],
    ['x > timestamp("noon")', { x: 'timestamp' }, 'Failed to parse timestamp'],
    ['x == int("one")', { x: 'int' }, 'one'],
    ['x.matches("(")', { x: 'string' }, 'error parsing regexp'],
    ['shout(x)', { x: 'string' }, "undeclared reference to 'shout'"],
    ['x.shout()', { x: 'string' }, "undeclared reference to 'shout'"],
    [
      `${tens}.all(a, ${tens}.all(b, ${tens}.all(c, a + b + c < x)))`,
      { x: 'int' },
      'the expression takes more than 50000 steps whatever the context',
    ],
  ])('is refused with a word on why: %s', (expression, parameters, problem) => {
    expect(() => conditionOf(expression, parameters)).toThrow(problem);
  });

  it.each([
    ['x == 1 || x == null', { x: 'any' }],
    ['x > 1.5 && y < 2', { x: 'double', y: 'int' }],
    ['x.exists_one(a, a == y)', { x: 'list<string>', y: 'string' }],
    ['x.filter(a, a > 1).size() > 0', { x: 'list<int>' }],
    ['x.map(a, a + "b")[0] == y', { x: 'list<string>', y: 'string' }],
    ['"k" in x && x.k == y', { x: 'map<int>', y: 'int' }],
    ['has(x.k) && x["k"] > 1', { x: 'map<int>' }],
    ['now - at > duration("1h") && at + x < now', { now: 'timestamp', at: 'timestamp', x: 'duration' }],
    ['now.getDayOfWeek() in [1, 2] ? x : !x', { now: 'timestamp', x: 'bool' }],
    ['ip.in_cidr("10.0.0.0/8") && ip != ipaddress("10.0.0.1")', { ip: 'ipaddress' }],
    ['int(x) + 1 == y && string(y) == x && type(x) == string', { x: 'string', y: 'int' }],
    ['x == -9223372036854775808 || x < 9223372036854775807', { x: 'int' }],
    ['x == null && now != null && null != ip', { x: 'any', now: 'timestamp', ip: 'ipaddress' }],
    ['x.a.exists(a, a == 1) && x + 1 == 2 && x.startsWith("a")', { x: 'any' }],
    ['x[0] == 1 || x[0] == "a" || x in [[1], ["a"]]', { x: 'list<any>' }],
    ['x == [] || [x, []] == [[], x] || (y ? [1] : []) == x', { x: 'list<int>', y: 'bool' }],
    ['x in [1, "a"] && x in {1: "a"} && x in []', { x: 'int' }],
    ['x.map(k, x[k]) == [1] && x.filter(k, x[k] > 1) == []', { x: 'map<int>' }],
    ['dyn(x) == "a" && type(type(x)) == type && [1, 2].all(x, x == 1)', { x: 'int' }],
    ['(y ? now : null) == now', { now: 'timestamp', y: 'bool' }],
    ['x.matches("^a") && size(x) > 1 && x.contains("b")', { x: 'string' }],
  ])('compiles: %s', (expression, parameters) => {
    expect(conditionOf(expression, parameters).parameters.length).toBeGreaterThan(0);
  });

  it.each([
    ['x ==', { x: 'int' }],
    ['x == y', { x: 'int' }],
    ['x == 1', { x: 'list' }],
    ['x == 1', { x: 'number' }],
    ['x'.repeat(20_000), { x: 'int' }],
    [Array.from({ length: 600 }, () => 'x').join(' + '), { x: 'int' }],
  ])('does not compile: %s', (expression, parameters) => {
    expect(() => conditionOf(expression, parameters)).toThrow();
  });

  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.0.0.0/16', false],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['2001:db8::1', '10.0.0.0/8', false],
    ['10.1.2.3', '10.0.0.0/33', undefined],
    ['10.1.2.256', '10.0.0.0/8', undefined],
    ['1:2:3:4:5:6:7::8', '::/0', undefined],
  ])('%s in %s: %s', (address, cidr, inside) => {
    expect(inCidr(address, cidr)).toBe(inside);
  });
});

describe('a specialised condition', () => {
  const SHAPES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ...['<', '<=', '>', '>=', '==', '!='].flatMap((operator): [string, Record<string, string>][] => [
      [`a ${operator} b`, { a: 'timestamp', b: 'timestamp' }],
      [`a ${operator} b`, { a: 'int', b: 'int' }],
      [`a ${operator} 7`, { a: 'int' }],
      [`a ${operator} b`, { a: 'bool', b: 'bool' }],
    ]),
    ['a == b', { a: 'string', b: 'string' }],
    ['a != "x"', { a: 'string' }],
    ['a < b && c == "x" && d == true', { a: 'int', b: 'int', c: 'string', d: 'bool' }],
    ['a <= b && b < c', { a: 'timestamp', b: 'timestamp', c: 'timestamp' }],
  ];
  const moment = fc.constantFrom(
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.001Z',
    '2026-01-01T00:00:00.0000001Z',
    '2026-01-01T01:00:00+01:00',
    '2026-02-30T00:00:00Z',
    Date.parse('2026-01-01T00:00:00Z'),
    -62_135_596_800_000,
    -62_135_596_800_001,
    253_402_300_799_999,
    253_402_300_800_000,
  );
  const value = fc.oneof(
    moment,
    fc.integer({ min: 5, max: 9 }),
    fc.constantFrom('x', '', '7', '07', 2 ** 53, 2 ** 53 + 2, -0, 7.5, null, true, false),
    fc.boolean(),
  );

  it('is marked as such', () => {
    for (const [expression, parameters] of SHAPES)
      expect(conditionOf(expression, parameters).specialised, expression).toBe(true);
    expect(conditionOf('a < b || c', { a: 'int', b: 'int', c: 'bool' }).specialised).toBe(false);
    expect(conditionOf('a < b', { a: 'int', b: 'int', c: 'bool' }).specialised).toBe(false);
  });

  it('is what CEL says, whatever is stored and whatever the request brings', () => {
    const compiledShapes = SHAPES.map(([expression, parameters]) => {
      const source = modelOf(
        'type user\ntype doc\n  relations\n    define viewer: [user with tested]\ncondition tested(x: int) {\n  x == 1\n}',
      );
      const typedParameters = Object.fromEntries(Object.entries(parameters).map(([name, type]) => [name, typed(type)]));
      const tested = { name: 'tested', expression, parameters: typedParameters };
      return { model: compiled({ ...source, conditions: { tested } }), names: Object.keys(parameters) };
    });
    const stored = fc.record({ a: value, b: value, c: value, d: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.constantFrom(...compiledShapes), stored, stored, ({ model, names }, kept, request) => {
        const context = Object.fromEntries(Object.entries(kept).filter(([name]) => names.includes(name)));
        const byCel = model.conditions[0]!.evaluateByCel({ ...request, ...context });
        const expected = {
          [DENIED]: { allowed: false },
          [ALLOWED]: { allowed: true },
          [MISSING_CONTEXT]: { allowed: false, unknown: 'missing-context' },
          [CONDITION_FAILED]: { allowed: false, unknown: 'condition' },
        }[byCel as 0 | 1 | 3 | 4];
        const tuple = withCondition('doc:1#viewer@user:x', 'tested', context);
        const index = new TupleIndex(model);
        index.write(tuple);
        expect(check(index, keyOf('doc:1#viewer@user:x'), { context: request }), 'stored').toEqual(expected);
        const empty = new TupleIndex(model);
        if (validateTuple(model, tuple) === undefined) {
          const contextual = check(empty, keyOf('doc:1#viewer@user:x'), {
            context: request,
            contextualTuples: [tuple],
          });
          expect(contextual, 'contextual').toEqual(expected);
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
