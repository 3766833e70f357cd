import type { ConditionDefinition, ConditionParameter } from '../../../src/domain/relation/model.ts';

/** What a parameter may be given in JSON: values of its type, and one that is none. */
interface Parameter {
  readonly type: ConditionParameter;
  readonly values: readonly unknown[];
  readonly wrong: unknown;
}

type Values = Readonly<Record<string, unknown>>;

/** A condition with its meaning written down a second time. `holds` is asked with values of the right types only; undefined is a failed evaluation. */
export interface KnownCondition {
  readonly expression: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly holds: (values: Values) => boolean | undefined;
}

const scalar = (name: string): ConditionParameter => ({ type_name: `TYPE_NAME_${name}` });
const INT: Parameter = { type: scalar('INT'), values: [0, 1, 2, '1'], wrong: 'many' };
const BOOL: Parameter = { type: scalar('BOOL'), values: [true, false], wrong: 'perhaps' };
const WORD: Parameter = { type: scalar('STRING'), values: ['x', 'y'], wrong: 7 };
const MOMENT: Parameter = {
  type: scalar('TIMESTAMP'),
  values: ['2024-01-01T00:00:00Z', '2024-01-01T01:30:00+01:00', '2025-06-01T12:00:00.5Z'],
  wrong: 'yesterday',
};
const SPAN: Parameter = { type: scalar('DURATION'), values: ['90s', '1m', '1h30m'], wrong: 'long' };

/** Of every parameter type one condition at least. Names of parameters meet on purpose, with the same type. */
export const CONDITIONS: Readonly<Record<string, KnownCondition>> = {
  below: { expression: 'n < max', parameters: { n: INT, max: INT }, holds: ({ n, max }) => Number(n) < Number(max) },
  open: { expression: 'on', parameters: { on: BOOL }, holds: ({ on }) => on as boolean },
  either: {
    expression: 'on || off',
    parameters: { on: BOOL, off: BOOL },
    holds: ({ on, off }) => (on || off) as boolean,
  },
  named: {
    expression: 'word in names',
    parameters: {
      word: WORD,
      names: {
        type: { type_name: 'TYPE_NAME_LIST', generic_types: [scalar('STRING')] },
        values: [[], ['x'], ['y', 'z']],
        wrong: 'x',
      },
    },
    holds: ({ word, names }) => (names as string[]).includes(word as string),
  },
  inside: {
    expression: 'address.in_cidr(net)',
    parameters: {
      address: { type: scalar('IPADDRESS'), values: ['10.0.0.7', '192.168.1.1', '::1'], wrong: '10.0.0' },
      net: { type: scalar('STRING'), values: ['10.0.0.0/24', '::/0'], wrong: 4 },
    },
    holds: ({ address, net }) => (net === '::/0' ? address === '::1' : address === '10.0.0.7'),
  },
  until: {
    expression: 'now < at',
    parameters: { now: MOMENT, at: MOMENT },
    holds: ({ now, at }) => Date.parse(now as string) < Date.parse(at as string),
  },
  brief: {
    expression: 'took <= limit',
    parameters: { took: SPAN, limit: SPAN },
    holds: ({ took, limit }) => SECONDS[took as string]! <= SECONDS[limit as string]!,
  },
  steep: {
    expression: 'ratio > 0.5',
    parameters: { ratio: { type: scalar('DOUBLE'), values: [0.25, 0.5, 1, '0.75'], wrong: 'half' } },
    holds: ({ ratio }) => Number(ratio) > 0.5,
  },
  enough: {
    expression: 'count >= 2u',
    parameters: { count: { type: scalar('UINT'), values: [0, 2, 3], wrong: -1 } },
    holds: ({ count }) => (count as number) >= 2,
  },
  flagged: {
    expression: 'flags[word]',
    parameters: {
      flags: {
        type: { type_name: 'TYPE_NAME_MAP', generic_types: [scalar('BOOL')] },
        values: [{ x: true }, { x: false, y: true }],
        wrong: ['x'],
      },
      word: WORD,
    },
    holds: ({ flags, word }) => (flags as Record<string, boolean>)[word as string],
  },
  alike: {
    expression: 'thing == "x"',
    parameters: { thing: { type: scalar('ANY'), values: ['x', 'y', 3, true], wrong: null } },
    holds: ({ thing }) => thing === 'x',
  },
};

const SECONDS: Readonly<Record<string, number>> = { '90s': 90, '1m': 60, '1h30m': 5400 };

export function definitionOf(name: string): ConditionDefinition {
  const { expression, parameters } = CONDITIONS[name]!;
  return {
    name,
    expression,
    parameters: Object.fromEntries(Object.entries(parameters).map(([key, { type }]) => [key, type])),
  };
}

/** Whether the merged context lets the condition hold; undefined where it cannot be told. A declared parameter that is missing is such a case, needed or not. */
export function conditionHolds(name: string, merged: Values): boolean | undefined {
  const { parameters, holds } = CONDITIONS[name]!;
  for (const [key, { values }] of Object.entries(parameters)) {
    const given = JSON.stringify(merged[key]);
    if (!values.some((value) => JSON.stringify(value) === given)) return undefined;
  }
  return holds(merged);
}
