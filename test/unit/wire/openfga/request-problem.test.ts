import { describe, expect, test } from 'vitest';
import { BODY_NESTING_MAX, readBody } from '../../../../src/wire/openfga/read-body.ts';
import type { JsonMessage } from '../../../../src/wire/openfga/json-message.ts';
import { RequestProblem } from '../../../../src/wire/openfga/request-problem.ts';
import { validateMessage } from '../../../../src/wire/openfga/validate-message.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');
const ID = '01KAVD3VEBMMS8YXNX7Z6W8T8P';
const KEY = { user: 'user:a', relation: 'viewer', object: 'doc:1' };
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const words = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`c${n}`, { name: 'c' }]));

/** The code and the message are those of OpenFGA 1.18.3. */
const PROBLEMS: readonly (readonly [name: string, message: JsonMessage, code: string, text: string])[] = [
  [
    'CreateStoreRequest',
    { name: 'ab' },
    'validation_error',
    'invalid CreateStoreRequest.Name: value does not match regex pattern "^[a-zA-Z0-9\\\\s\\\\.\\\\-\\\\/^_&@]{3,64}$"',
  ],
  [
    'GetStoreRequest',
    { store_id: 'zork' },
    'validation_error',
    'invalid GetStoreRequest.StoreId: value does not match regex pattern "^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$"',
  ],
  [
    'ListStoresRequest',
    { page_size: 0 },
    'page_size_invalid',
    'invalid ListStoresRequest.PageSize: value must be inside range [1, 100]',
  ],
  [
    'ReadRequest',
    { store_id: ID, page_size: 101 },
    'page_size_invalid',
    'invalid ReadRequest.PageSize: value must be inside range [1, 100]',
  ],
  [
    'ReadChangesRequest',
    { store_id: ID, page_size: 0 },
    'validation_error',
    'invalid ReadChangesRequest.PageSize: value must be greater than or equal to 1',
  ],
  [
    'ReadChangesRequest',
    { store_id: ID, start_time: '2044-01-01T00:00:00.000Z' },
    'validation_error',
    'invalid ReadChangesRequest.StartTime: value must be less than now',
  ],
  [
    'ReadChangesRequest',
    { store_id: ID, type: 'a b' },
    'type_invalid_pattern',
    'invalid ReadChangesRequest.Type: value does not match regex pattern "^[^:#\\\\s]{1,254}$"',
  ],
  [
    'CheckRequest',
    { store_id: ID },
    'tuple_key_value_not_specified',
    'invalid CheckRequest.TupleKey: value is required',
  ],
  [
    'CheckRequest',
    { store_id: ID, tuple_key: { ...KEY, user: undefined } },
    'validation_error',
    'invalid CheckRequestTupleKey.User: value does not match regex pattern "^[^\\\\s]{2,512}$"',
  ],
  [
    'CheckRequest',
    { store_id: ID, tuple_key: { ...KEY, relation: 'x'.repeat(51) } },
    'validation_error',
    'invalid CheckRequestTupleKey.Relation: value does not match regex pattern "^[^:#@\\\\s]{1,50}$"',
  ],
  [
    'CheckRequest',
    { store_id: ID, tuple_key: KEY, consistency: 7 },
    'validation_error',
    'invalid CheckRequest.Consistency: value must be one of the defined enum values',
  ],
  [
    'CheckRequest',
    { store_id: ID, tuple_key: KEY, contextual_tuples: { tuple_keys: many(101, KEY) } },
    'validation_error',
    'invalid ContextualTupleKeys.TupleKeys: value must contain no more than 100 item(s)',
  ],
  [
    'CheckRequest',
    { store_id: ID, tuple_key: KEY, contextual_tuples: { tuple_keys: [{ ...KEY, condition: {} }] } },
    'validation_error',
    'invalid RelationshipCondition.Name: value does not match regex pattern "^[^\\\\s]{2,256}$"',
  ],
  [
    'WriteRequest',
    { store_id: ID, writes: {}, deletes: {} },
    'validation_error',
    'invalid WriteRequestDeletes.TupleKeys: value must contain at least 1 item(s)',
  ],
  [
    'WriteRequest',
    { store_id: ID, writes: { tuple_keys: [{ ...KEY, user: `user:${'x'.repeat(600)}` }] } },
    'validation_error',
    'invalid TupleKey.User: value length must be at most 512 bytes',
  ],
  [
    'BatchCheckRequest',
    { store_id: ID, checks: [{ tuple_key: KEY, correlation_id: 'a b' }] },
    'validation_error',
    'invalid BatchCheckItem.CorrelationId: value does not match regex pattern "^[\\\\w\\\\d-]{1,36}$"',
  ],
  [
    'ListObjectsRequest',
    { store_id: ID, type: 'doc', relation: 'viewer' },
    'validation_error',
    'invalid ListObjectsRequest.User: value length must be between 1 and 512 bytes, inclusive',
  ],
  [
    'ListObjectsRequest',
    { store_id: ID, relation: 'viewer', user: 'user:a' },
    'type_invalid_pattern',
    'invalid ListObjectsRequest.Type: value does not match regex pattern "^[^:#@\\\\s]{1,254}$"',
  ],
  [
    'ListUsersRequest',
    { store_id: ID, object: { type: 'doc', id: '1' }, relation: 'viewer' },
    'validation_error',
    'invalid ListUsersRequest.UserFilters: value must contain exactly 1 item(s)',
  ],
  [
    'ListUsersRequest',
    { store_id: ID, relation: 'viewer', user_filters: [{ type: 'user' }] },
    'validation_error',
    'invalid ListUsersRequest.Object: value is required',
  ],
  [
    'WriteAssertionsRequest',
    { store_id: ID, authorization_model_id: ID, assertions: many(101, { tuple_key: KEY }) },
    'assertions_too_many_items',
    'invalid WriteAssertionsRequest.Assertions: value must contain no more than 100 item(s)',
  ],
  [
    'WriteAssertionsRequest',
    { store_id: ID, authorization_model_id: ID, assertions: [{ tuple_key: KEY, contextual_tuples: many(21, KEY) }] },
    'validation_error',
    'invalid Assertion.ContextualTuples: value must contain no more than 20 item(s)',
  ],
  [
    'WriteAuthorizationModelRequest',
    { store_id: ID },
    'type_definitions_too_few_items',
    'invalid WriteAuthorizationModelRequest.TypeDefinitions: value must contain at least 1 item(s); invalid WriteAuthorizationModelRequest.SchemaVersion: value must be in list [1.0 1.1 1.2]',
  ],
  [
    'WriteAuthorizationModelRequest',
    { store_id: ID, schema_version: '1.1', type_definitions: [{ type: 'a', relations: { 'r x': { this: {} } } }] },
    'relations_invalid_pattern',
    'invalid TypeDefinition.Relations[r x]: value does not match regex pattern "^[^:#@\\\\s]{1,50}$"',
  ],
  [
    'WriteAuthorizationModelRequest',
    {
      store_id: ID,
      schema_version: '1.1',
      type_definitions: [{ type: 'a', relations: { r: { difference: { base: { this: {} } } } } }],
    },
    'subtract_base_missing_value',
    'invalid Difference.Subtract: value is required',
  ],
  [
    'WriteAuthorizationModelRequest',
    { store_id: ID, schema_version: '1.1', type_definitions: [{ type: 'a' }], conditions: words(26) },
    'validation_error',
    'invalid WriteAuthorizationModelRequest.Conditions: value must contain no more than 25 pair(s)',
  ],
];

describe('a request whose form is wrong', () => {
  test.each(PROBLEMS)('%s %j is %s', (name, message, code, text) => {
    const { code: found, message: told } = new RequestProblem(validateMessage(name, message, NOW) ?? '');
    expect({ code: found, message: told }).toEqual({ code, message: text });
  });

  test('tells over gRPC where the problem lies, from the outside in', () => {
    const whole = validateMessage('CheckRequest', { store_id: ID, tuple_key: { ...KEY, user: undefined } }, NOW);
    expect(whole).toMatch(
      /^invalid CheckRequest\.TupleKey: embedded message failed validation \| caused by: invalid CheckRequestTupleKey\.User: /,
    );
  });

  test('is none where nothing is wrong', () => {
    expect(
      validateMessage('CheckRequest', { store_id: ID, tuple_key: KEY, authorization_model_id: ID }, NOW),
    ).toBeUndefined();
    expect(
      validateMessage('CheckRequest', { store_id: ID, tuple_key: { ...KEY, object: `doc:${'ö'.repeat(252)}` } }, NOW),
    ).toBeUndefined();
  });
});

describe('a body', () => {
  const nested = (levels: number) => Buffer.from('['.repeat(levels) + ']'.repeat(levels));

  test.each([
    ['nothing', undefined],
    ['an empty one', Buffer.from(' ')],
  ])('%s is an empty message', (_what, body) => {
    expect(readBody(body)).toEqual({});
  });

  test('that is no JSON is refused', () => {
    expect(() => readBody(Buffer.from('{bad'))).toThrow('malformed JSON');
  });

  test('is refused past a number of levels, brackets within texts aside', () => {
    expect(readBody(nested(BODY_NESTING_MAX))).toHaveLength(1);
    expect(() => readBody(nested(BODY_NESTING_MAX + 1))).toThrow('nested more than');
    expect(readBody(Buffer.from(JSON.stringify({ a: `\\"${'['.repeat(9_000)}` })))).toHaveProperty('a');
  });
});
