import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/errors.ts';
import { NESTING_MAX, nestsWithin, requestCheckCompiler } from '../../../src/wire/request-check.ts';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['user_id'],
  properties: {
    user_id: { type: 'string', pattern: '^[A-Za-z0-9]{7}$' },
    to: { enum: ['guest', 'basic'] },
    page_size: { type: 'integer', minimum: 1, maximum: 1000 },
    since: { type: 'string', format: 'date-time' },
    context: { type: 'object' },
    checks: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', additionalProperties: false, properties: { user_id: { type: 'string' } } },
    },
  },
};

const check = requestCheckCompiler()(SCHEMA);

function faultOf(request: unknown): Pick<Fault, 'code' | 'field' | 'rule'> | undefined {
  try {
    check(request);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { code: error.code, field: error.field, rule: error.rule };
  }
}

const user = { user_id: 'abcdefg' };

describe('the check of a request', () => {
  it.each([
    ['the least', user],
    [
      'everything',
      { ...user, to: 'basic', page_size: 1, since: '2026-01-01T00:00:00.000Z', context: { any: [1] }, checks: [{}] },
    ],
    ['an undefined field, as absent', { ...user, to: undefined }],
  ])('accepts %s', (_name, request) => {
    expect(faultOf(request)).toBeUndefined();
  });

  it.each([
    ['no object', 'x', 'INVALID_ARGUMENT', undefined, 'must be object'],
    ['a missing field', {}, 'INVALID_ARGUMENT', 'user_id', 'required'],
    ['a wrong type', { user_id: 7 }, 'INVALID_ARGUMENT', 'user_id', 'must be string'],
    [
      'an id of wrong length',
      { user_id: 'abc' },
      'INVALID_ARGUMENT',
      'user_id',
      'must match pattern "^[A-Za-z0-9]{7}$"',
    ],
    ['a value off the list', { ...user, to: 'king' }, 'INVALID_ARGUMENT', 'to', 'one of guest, basic'],
    ['a number out of range', { ...user, page_size: 1001 }, 'INVALID_ARGUMENT', 'page_size', 'must be <= 1000'],
    ['a fraction', { ...user, page_size: 1.5 }, 'INVALID_ARGUMENT', 'page_size', 'must be integer'],
    ['no time', { ...user, since: 'monday' }, 'INVALID_ARGUMENT', 'since', 'must match format "date-time"'],
    ['an unknown field', { ...user, admin: true }, 'UNKNOWN_FIELD', 'admin', 'unknown fields are refused'],
    [
      'an unknown field below',
      { ...user, checks: [{}, { x: 1 }] },
      'UNKNOWN_FIELD',
      'checks[1].x',
      'unknown fields are refused',
    ],
    [
      'a wrong type below',
      { ...user, checks: [{ user_id: 1 }] },
      'INVALID_ARGUMENT',
      'checks[0].user_id',
      'must be string',
    ],
    ['too many', { ...user, checks: [{}, {}, {}] }, 'INVALID_ARGUMENT', 'checks', 'must NOT have more than 2 items'],
    [
      'a prototype',
      JSON.parse('{"user_id":"abcdefg","__proto__":{}}'),
      'UNKNOWN_FIELD',
      '__proto__',
      'unknown fields are refused',
    ],
  ])('names field and rule of %s', (_name, request, code, field, rule) => {
    expect(faultOf(request)).toEqual({ code, field, rule });
  });

  it('refuses to compile a schema that is none', () => {
    expect(() => requestCheckCompiler()({ type: 'strung' })).toThrow();
  });
});

describe('the limit of nesting', () => {
  const nested = (levels: number): unknown =>
    levels === 0 ? 1 : levels % 2 === 0 ? { a: nested(levels - 1) } : [nested(levels - 1)];

  it.each([
    [0, 0, true],
    [1, 1, true],
    [2, 1, false],
    [NESTING_MAX, NESTING_MAX, true],
    [NESTING_MAX + 1, NESTING_MAX, false],
  ])('%i levels within %i: %s', (levels, limit, within) => {
    expect(nestsWithin(nested(levels), limit)).toBe(within);
  });
});
