import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFormCompiler } from '../../../src/wire/grpc/json-form.ts';
import { loadProtoPackage } from '../../../src/wire/grpc/proto-package.ts';
import { NESTING_MAX } from '../../../src/wire/request-check.ts';

const proto = loadProtoPackage(fileURLToPath(new URL('../../../proto', import.meta.url)));
const formOf = jsonFormCompiler(proto.fieldsOf);

type Message = Record<string, unknown>;

/** JSON form -> bytes, as the server sends. */
function encode(name: string, answer: Message): Buffer {
  const { toWire } = formOf(name);
  return proto.message(name).serialize(toWire ? toWire(answer) : answer);
}

/** Bytes -> JSON form, as the server receives. */
function decode(name: string, bytes: Buffer): Message {
  const message = proto.message(name).deserialize(bytes) as Message;
  formOf(name).fromWire?.(message, 1);
  return JSON.parse(JSON.stringify(message)) as Message;
}

const CHECK = 'gatehouse.v1.CheckRequest';

describe('JSON form of messages', () => {
  it.each<[string, string, Message]>([
    ['a time', 'gatehouse.v1.Session', { session_id: 's', opened_at: '2026-02-28T23:59:59.007Z' }],
    ['a time before 1970', 'gatehouse.v1.Session', { session_id: 's', opened_at: '1969-12-31T23:59:59.250Z' }],
    [
      'a time within a message within a message',
      'gatehouse.v1.AdmitResponse',
      { quotas: { daily: { used: 3, resets_at: '2026-01-01T00:00:00.000Z' } } },
    ],
    [
      'a struct',
      CHECK,
      { user_id: 'abcdefg', context: { n: -1.5, s: '', t: true, f: false, z: null, l: [1, [], {}], o: { p: 'q' } } },
    ],
    [
      'a struct within a list of messages',
      CHECK,
      { contextual_tuples: [{ user: 'u', condition: { name: 'c', context: { a: 1 } } }] },
    ],
    ['a message without either', 'gatehouse.v1.CheckResponse', { allowed: true, reason: 'ALLOWED', policy_version: 3 }],
  ])('%s survives the way over the wire', (_case, name, answer) => {
    expect(decode(name, encode(name, answer))).toEqual(answer);
  });

  it('any JSON object survives as a struct', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (context) => {
        const expected = JSON.parse(JSON.stringify({ user_id: 'abcdefg', context })) as Message;
        expect(decode(CHECK, encode(CHECK, { user_id: 'abcdefg', context }))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('any moment survives to the millisecond', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (at) => {
          const answer = { opened_at: at.toISOString() };
          expect(decode('gatehouse.v1.Session', encode('gatehouse.v1.Session', answer))).toEqual(answer);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('needs no conversion of an answer that holds neither a time nor a struct', () => {
    expect(formOf('gatehouse.v1.ListPermissionsResponse').toWire).toBeUndefined();
  });

  it('leaves the answer as it is', () => {
    const answer = Object.freeze({
      quotas: Object.freeze({ daily: Object.freeze({ resets_at: '2026-01-01T00:00:00.000Z' }) }),
    });
    encode('gatehouse.v1.AdmitResponse', answer);
    expect(answer).toEqual({ quotas: { daily: { resets_at: '2026-01-01T00:00:00.000Z' } } });
  });

  it('takes a scalar that was sent with its default as absent, as proto3 does, unless it is declared optional', () => {
    const admit = proto.message('gatehouse.v1.AdmitRequest').serialize({ session_id: 's', permission: '', cost: 0 });
    expect(decode('gatehouse.v1.AdmitRequest', admit)).toEqual({ session_id: 's', cost: 0 });
    const set = proto.message('gatehouse.v1.SetUserActiveRequest');
    expect(decode('gatehouse.v1.SetUserActiveRequest', set.serialize({ user_id: 's', active: false }))).toEqual({
      user_id: 's',
      active: false,
    });
    expect(decode('gatehouse.v1.SetUserActiveRequest', set.serialize({ user_id: 's' }))).toEqual({ user_id: 's' });
  });

  it('keeps a field named __proto__ a field', () => {
    const bytes = encode(CHECK, { context: JSON.parse('{"__proto__":{"polluted":true}}') as Message });
    const message = proto.message(CHECK).deserialize(bytes) as { context: Message } & Message;
    formOf(CHECK).fromWire?.(message, 1);
    expect(Object.keys(message.context)).toEqual(['__proto__']);
    expect((message.context as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('ignores unknown fields of the wire', () => {
    const bytes = Buffer.concat([encode(CHECK, { user_id: 'abcdefg' }), Buffer.from([0xfa, 0x3f, 0x02, 0x68, 0x69])]);
    expect(decode(CHECK, bytes)).toEqual({ user_id: 'abcdefg' });
  });

  it.each([
    ['just deep enough', NESTING_MAX - 1, true],
    ['a level too deep', NESTING_MAX, false],
  ])('a struct nested %s', (_case, levels, accepted) => {
    const nested = Array.from({ length: levels - 1 }).reduce<Message>((inner) => ({ a: inner }), {});
    const bytes = encode(CHECK, { context: nested });
    if (accepted) expect(decode(CHECK, bytes)).toEqual({ context: nested });
    else
      expect(() => decode(CHECK, bytes)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'context' }),
      );
  });

  it.each([
    ['after year 9999', { seconds: 253_402_300_800 }],
    ['before year 1', { seconds: -62_135_596_801 }],
    ['with too many nanoseconds', { seconds: 0, nanos: 1_000_000_000 }],
  ])('a time %s is refused by name', (_case, time) => {
    const name = 'gatehouse.v1.RecordVerificationRequest';
    const bytes = proto.message(name).serialize({ user_id: 'abcdefg', verification: { expires_at: time } });
    expect(() => decode(name, bytes)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', field: 'expires_at' }),
    );
  });
});
