import { describe, expect, it } from 'vitest';
import { parseMoment, parseSubscriberRoles } from '../../../src/wire/operations/fields.ts';

describe('a moment on the wire', () => {
  it.each([
    ['2026-02-28T12:00:00Z', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28t12:00:00z', Date.UTC(2026, 1, 28, 12)],
    ['2026-02-28T12:00:00.123456789Z', Date.UTC(2026, 1, 28, 12, 0, 0, 123)],
    ['2026-02-28T12:00:00+09:00', Date.UTC(2026, 1, 28, 3)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    ['1970-01-01T00:00:00Z', 0],
    ['', undefined],
    [undefined, undefined],
  ])('%s is read', (text, moment) => expect(parseMoment(text, 'at')).toBe(moment));

  it.each([
    '2026-02-28',
    '2026-02-28T12:00:00',
    '2026-02-30T12:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:59:60Z',
    '1969-12-31T23:59:59Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '10000-01-01T00:00:00Z',
    '1767225600000',
    'tomorrow',
  ])('%s is refused', (text) => {
    expect(() => parseMoment(text, 'at')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'at' }));
  });
});

it('user_types are roles that may subscribe (B-2)', () => {
  expect(parseSubscriberRoles(['basic', 'company'], 'user_types')).toEqual(['basic', 'company']);
  for (const role of ['guest', 'admin', 'Basic', '']) {
    expect(() => parseSubscriberRoles([role], 'user_types')).toThrow(expect.objectContaining({ field: 'user_types' }));
  }
});
