import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { loadProtoPackage } from '../../../../src/wire/grpc/proto-package.ts';
import { fromJson, toJson, type JsonMessage } from '../../../../src/wire/openfga/json-message.ts';
import type { Field } from '../../../../src/wire/openfga/message-shape.ts';
import { messageSize } from '../../../../src/wire/openfga/message-size.ts';
import { MESSAGES } from '../../../../src/wire/openfga/messages.ts';
import { modelFromMessage } from '../../../../src/wire/openfga/model-json.ts';
import { fromWire, toWire } from '../../../../src/wire/openfga/wire-message.ts';

const proto = loadProtoPackage(fileURLToPath(new URL('../../../../proto', import.meta.url)));

/** Any message of a name, in JSON form; embedded ones down to some levels. */
function anyMessage(name: string, levels = 4): fc.Arbitrary<JsonMessage> {
  if (name === 'Userset' && levels < 2) return fc.constant({ this: {} });
  const shape = MESSAGES[name]!;
  const parts = Object.entries(shape).flatMap(([key, field]) =>
    field.type.kind === 'message' && levels === 0 ? [] : [[key, anyField(field, levels)] as const],
  );
  const choices = parts.filter(([key]) => shape[key]!.label === 'oneof');
  const others = Object.fromEntries(parts.filter(([key]) => shape[key]!.label !== 'oneof'));
  const required = Object.keys(others).filter((key) => shape[key]!.rules.some(({ kind }) => kind === 'required'));
  const plain = fc.record(others, { requiredKeys: required });
  if (choices.length === 0) return plain;
  const chosen = fc.oneof(...choices.map(([key, value]) => value.map((of): JsonMessage => ({ [key]: of }))));
  return fc.tuple(plain, chosen).map(([all, one]) => ({ ...all, ...one }));
}

const text = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const json = fc
  .jsonValue({ maxDepth: 3, noUnicodeString: false })
  .filter((value) => !JSON.stringify(value).includes('-0'));

function anyField({ label, type }: Field, levels: number): fc.Arbitrary<unknown> {
  const value = anyValue(type, levels);
  if (label === 'list') return fc.array(value, { minLength: 1, maxLength: 3 });
  return label === 'map' ? fc.dictionary(text, value, { minKeys: 1, maxKeys: 3 }) : value;
}

function anyValue(type: Field['type'], levels: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'string':
      return text;
    case 'bool':
      return fc.constant(true);
    case 'struct':
      return fc.dictionary(text, json, { maxKeys: 3 });
    case 'timestamp':
      return fc
        .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((at) => at.toISOString());
    case 'int32-value':
      return fc.integer({ min: -5, max: 5 });
    case 'enum':
      return fc.constantFrom(...Object.keys(type.values).filter((name) => type.values[name] !== 0));
    case 'message':
      return anyMessage(type.message, levels - 1);
    default:
      return type satisfies never;
  }
}

describe('the table of messages', () => {
  it('names every field of the protos, and no other', () => {
    for (const [name, shape] of Object.entries(MESSAGES).filter(([name]) => !name.includes('.'))) {
      const declared = proto.fieldsOf(`openfga.v1.${name}`)?.map((field) => field.name);
      const inTable = Object.entries(shape).map(([key, field]) => field.protoName ?? key);
      expect(inTable.sort(), name).toEqual([...(declared ?? [])].sort());
    }
  });

  it('has both messages of every method', () => {
    for (const method of Object.keys(proto.service('openfga.v1.OpenFGAService'))) {
      expect(MESSAGES).toHaveProperty(`${method}Request`);
      expect(MESSAGES).toHaveProperty(`${method}Response`);
    }
  });
});

/** Those with codes, which the table has as texts; nested ones are seen within the message that they are nested in. */
const WITH_CODES = new Set(['CheckError', 'BatchCheckSingleResult', 'BatchCheckResponse']);
const NAMES = Object.keys(MESSAGES).filter((name) => !WITH_CODES.has(name) && !name.includes('.'));

describe('a message', () => {
  test.each(NAMES)('%s is the same after JSON and after the wire', (name) => {
    const codec = proto.message(`openfga.v1.${name}`);
    fc.assert(
      fc.property(anyMessage(name, 5), (message) => {
        const copy = JSON.parse(JSON.stringify(message)) as JsonMessage;
        expect(fromJson(name, toJson(name, copy))).toEqual(copy);
        const bytes = codec.serialize(toWire(name, copy));
        expect(fromWire(name, codec.deserialize(bytes) as JsonMessage)).toEqual(copy);
      }),
      { numRuns: 8 },
    );
  });

  it('has the length that it has when it is encoded', () => {
    const codec = proto.message('openfga.v1.AuthorizationModel');
    fc.assert(
      fc.property(anyMessage('AuthorizationModel', 4), (message) => {
        const bytes = codec.serialize(toWire('AuthorizationModel', message));
        expect(messageSize('AuthorizationModel', message)).toBe(bytes.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('JSON of a request', () => {
  const problems: readonly (readonly [what: string, name: string, value: unknown, message: RegExp])[] = [
    ['a number for a text', 'CreateStoreRequest', { name: 5 }, /invalid value for string field name: 5/],
    ['a list for a message', 'CheckRequest', { tuple_key: [] }, /unexpected token \[/],
    ['a message for a list', 'BatchCheckRequest', { checks: {} }, /unexpected token \{/],
    ['a text for a map', 'WriteAuthorizationModelRequest', { conditions: 'x' }, /unexpected token "x"/],
    ['a number for a context', 'CheckRequest', { context: 5 }, /unexpected token 5/],
    ['a text for a bool', 'CheckRequest', { trace: 'true' }, /invalid value for bool field trace/],
    ['a fraction for a page size', 'ReadRequest', { page_size: 1.5 }, /invalid value for int32/],
    ['a date for a time', 'ReadChangesRequest', { start_time: '2026-01-01' }, /Timestamp field start_time/],
    ['a day that is none', 'ReadChangesRequest', { start_time: '2026-02-30T00:00:00Z' }, /Timestamp field start_time/],
    [
      'an hour that is none',
      'ReadChangesRequest',
      { start_time: '2026-02-01T24:00:00Z' },
      /Timestamp field start_time/,
    ],
    ['two of a oneof', 'Userset', { this: {}, union: {} }, /"union".*already set/],
    ['a list', 'CheckRequest', [], /unexpected token \[/],
    ['null', 'CheckRequest', null, /unexpected token null/],
  ];
  test.each(problems)('%s is refused', (_what, name, value, message) => {
    expect(() => fromJson(name, value)).toThrow(message);
  });

  it('may have unknown fields, nulls, names of the .proto and unknown words', () => {
    const sent = { tuple_key: null, zork: { a: 1 }, consistency: 'ZORK', context: { a: null }, trace: false };
    expect(fromJson('CheckRequest', sent)).toEqual({ context: { a: null } });
    expect(fromJson('Userset', { computed_userset: { object: '', relation: 'a' } })).toEqual({
      computedUserset: { relation: 'a' },
    });
    expect(fromJson('CheckRequest', { consistency: 100 })).toEqual({ consistency: 'MINIMIZE_LATENCY' });
    expect(fromJson('ReadRequest', { page_size: '7' })).toEqual({ page_size: 7 });
  });

  it('keeps a relation that is called __proto__', () => {
    const relations = JSON.parse('{"__proto__": {"this": {}}}') as object;
    const read = fromJson('TypeDefinition', { type: 'a', relations });
    expect(Object.keys(read['relations'] as object)).toEqual(['__proto__']);
  });
});

describe('the model of a request', () => {
  it('is the same when it is read, whatever it holds', () => {
    fc.assert(
      fc.property(anyMessage('WriteAuthorizationModelRequest', 6), ({ store_id: _storeId, ...request }) => {
        const source = modelFromMessage(request) as unknown as JsonMessage;
        expect(toJson('AuthorizationModel', source)).toEqual(toJson('AuthorizationModel', request));
      }),
      { numRuns: 100 },
    );
  });

  it('has what the engine reads, though it was sent with its default', () => {
    const model = modelFromMessage({
      schema_version: '1.1',
      type_definitions: [{ type: 'a', relations: { b: { union: {} }, c: { tupleToUserset: { tupleset: {} } } } }],
      conditions: { d: { parameters: { e: {} } } },
    });
    expect(model.type_definitions[0]?.relations).toEqual({
      b: { union: { child: [] } },
      c: { tupleToUserset: { tupleset: { relation: '' }, computedUserset: { relation: '' } } },
    });
    expect(model.conditions?.['d']).toEqual({
      name: '',
      expression: '',
      parameters: { e: { type_name: 'TYPE_NAME_UNSPECIFIED' } },
    });
  });
});
