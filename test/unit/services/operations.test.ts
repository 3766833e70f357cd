import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/services/caller.ts';
import type { Services } from '../../../src/services/services.ts';
import { jsonFormCompiler } from '../../../src/wire/grpc/json-form.ts';
import { loadProtoPackage } from '../../../src/wire/grpc/proto-package.ts';
import type { JsonSchema, Operation } from '../../../src/wire/operation.ts';
import { DIRECTORY_OPERATIONS } from '../../../src/wire/operations/directory.ts';
import { PLAN_OPERATIONS } from '../../../src/wire/operations/plan.ts';
import { POLICY_OPERATIONS } from '../../../src/wire/operations/policy.ts';
import { RELATIONSHIP_OPERATIONS } from '../../../src/wire/operations/relationship.ts';
import { requestCheckCompiler } from '../../../src/wire/request-check.ts';
import { alfa, openHouse, operator, policyOf, type House } from './house.ts';

const OPERATIONS = [...PLAN_OPERATIONS, ...DIRECTORY_OPERATIONS, ...POLICY_OPERATIONS, ...RELATIONSHIP_OPERATIONS];
const proto = loadProtoPackage('proto');
const formOf = jsonFormCompiler(proto.fieldsOf);
const compile = requestCheckCompiler();
const checks = new Map(OPERATIONS.map((operation) => [operation.method, compile(operation.request)]));
const named = OPERATIONS.map((operation) => [operation.method, operation] as const);

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** A call as an edge makes it: the request checked, the answer through its proto message and back. */
async function call(
  method: string,
  request: Record<string, unknown>,
  caller: Caller = alfa,
): Promise<Record<string, unknown>> {
  const operation = OPERATIONS.find((each) => each.method === method)!;
  checks.get(method)!(request);
  const answer = (await operation.call(house as unknown as Services, caller, request as never)) as Record<
    string,
    unknown
  >;
  const { responseType, responseSerialize, responseDeserialize } = methodOf(operation);
  const { toWire, fromWire } = formOf(`gatehouse.v1.${(responseType.type as { name: string }).name}`);
  const decoded = responseDeserialize(responseSerialize(toWire ? toWire(answer) : answer)) as Record<string, unknown>;
  fromWire?.(decoded, 0);
  expect(decoded).toEqual(withoutDefaults(answer));
  return answer;
}

const methodOf = (operation: Operation) => proto.service(`gatehouse.v1.${operation.service}`)[operation.method]!;

/** As proto3 sends it: no zero, no empty text or list. Structs are kept as they are. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(
    ([, field]) => ![0, '', false].includes(field as string) && !(Array.isArray(field) && field.length === 0),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, name === 'detail' ? field : withoutDefaults(field)]));
}

describe('each operation', () => {
  it.each(named)('%s takes the fields of its proto message, bounded and described', (_, operation) => {
    const { requestType } = methodOf(operation);
    const fields = (requestType.type as { field: { name: string }[] }).field.map(({ name }) => name);
    expect(Object.keys(operation.request['properties'] as object).sort()).toEqual(fields.sort());
    expect(loose(operation.request, operation.method)).toEqual([]);
  });

  it.each(named)('%s has the fields of its path, as required ones', (_, { http, request }) => {
    for (const [, field] of http.path.matchAll(/\{(\w+)\}/g)) expect(request['required']).toContain(field);
  });

  it('is the only one on its path, by its method', () => {
    const routes = OPERATIONS.map(({ http }) => `${http.method} ${http.path}`);
    expect(new Set(routes).size).toBe(routes.length);
  });
});

/** Parts of a schema that are unbounded, open or without a description. */
function loose(schema: JsonSchema, at: string): string[] {
  switch (schema['type']) {
    case 'object': {
      if (schema['maxProperties'] !== undefined) return [];
      const open = schema['additionalProperties'] === false ? [] : [`${at} is open`];
      const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
      return [...open, ...properties.flatMap(([name, inner]) => loose(inner, `${at}.${name}`))];
    }
    case 'array':
      return [
        ...(schema['maxItems'] === undefined ? [`${at} is unbounded`] : []),
        ...loose(schema['items'] as JsonSchema, `${at}[]`),
      ];
    case 'string':
      return [
        ...(schema['maxLength'] === undefined && schema['enum'] === undefined ? [`${at} is unbounded`] : []),
        ...(schema['description'] === undefined ? [`${at} is not described`] : []),
      ];
    default:
      return schema['description'] === undefined ? [`${at} is not described`] : [];
  }
}

describe('a day of a partner over the wire', () => {
  it('users', async () => {
    const created = await call('CreateUser', { user_id: 'user001', zone: 'de' });
    expect(created).toEqual({
      user: {
        user_id: 'user001',
        provider_id: 'ALFA',
        status: 'active',
        type: 'guest',
        zone: 'de',
        sub_status: 'absent',
        created_at: '2026-01-31T12:00:00.000Z',
        verifications: [],
      },
      consistency_token: expect.stringMatching(/^gt1\./) as string,
    });
    const verification = {
      verification_id: 'v-1',
      level: 'basic',
      state: 'approved',
      source: 'internal',
      expires_at: '2027-01-31T12:00:00Z',
      evidence_ref: 'vault/1',
    };
    const recorded = await call('RecordVerification', { user_id: 'user001', verification, cause: 'review' });
    expect(recorded).toMatchObject({
      changed: true,
      user: {
        type: 'basic',
        sub_status: 'unsigned',
        verifications: [
          { ...verification, expires_at: '2027-01-31T12:00:00.000Z', recorded_at: '2026-01-31T12:00:00.000Z' },
        ],
      },
    });
    expect(await call('RecordVerification', { user_id: 'user001', verification })).toMatchObject({ changed: false });
    expect(await call('SetUserActive', { user_id: 'user001', active: false })).toMatchObject({
      user: { status: 'inactive' },
    });
    expect(await call('SetUserActive', { user_id: 'user001', active: true })).toMatchObject({
      user: { status: 'active' },
    });
    expect(await call('ChangeRole', { user_id: 'user001', to: 'admin' })).toMatchObject({ user: { type: 'admin' } });
    expect(await call('ChangeRole', { user_id: 'user001', to: 'basic', evidence: { approved: true } })).toMatchObject({
      user: { type: 'basic' },
    });
    const read = await call('GetUser', { user_id: 'user001' });
    expect(await call('ListUsers', {})).toEqual({ users: [read['user']] });
    const audit = await call('ListUserAudit', { user_id: 'user001', page_size: 1 });
    expect(audit).toMatchObject({
      entries: [
        { event: 'RoleChanged', actor: { kind: 'key', id: alfa.keyId }, detail: { from: 'admin', to: 'basic' } },
      ],
    });
    expect(audit['next_page_token']).toEqual(expect.any(String));
  });

  it('plans', async () => {
    await house.basicUser('user002');
    const change = { user_id: 'user002', plan_id: 'pro' };
    const begun = await call('PlanChange', { ...change, action: 'subscribe', idempotency_key: 'k1' });
    expect(begun).toEqual({
      done: true,
      subscription: {
        user_id: 'user002',
        sub_status: 'unsigned',
        status: 'signing',
        plan_id: 'pro',
        plan_version: 1,
        since: '2026-01-31T12:00:00.000Z',
        holds: [],
      },
      confirmation_code: expect.stringMatching(/^.{8}$/) as string,
      code_expires_at: '2026-01-31T12:15:00.000Z',
      replayed: false,
      consistency_token: expect.any(String) as string,
    });
    const refused = await call('PlanChange', {
      ...change,
      action: 'confirm',
      confirmation_code: 'nope',
      idempotency_key: 'k2',
    });
    expect(refused).toMatchObject({
      done: false,
      refusal: { code: 'CODE_WRONG', rule: 'B-5', possible: ['confirm', 'cancel'] },
      replayed: false,
    });
    const signed = await call('PlanChange', {
      ...change,
      action: 'confirm',
      confirmation_code: begun['confirmation_code'],
      idempotency_key: 'k3',
    });
    expect(signed).toMatchObject({
      done: true,
      subscription: { sub_status: 'signed', period_ends_at: '2026-02-28T12:00:00.000Z' },
    });
    await call('PlanChange', { user_id: 'user002', action: 'cancel', at: 'period_end', idempotency_key: 'k4' });
    const suspended = await call('PlanChange', {
      user_id: 'user002',
      action: 'suspend',
      hold: 'payment',
      idempotency_key: 'k5',
    });
    expect(await call('GetSubscription', { user_id: 'user002' })).toEqual({ subscription: suspended['subscription'] });
    expect(suspended).toMatchObject({
      subscription: { sub_status: 'suspended', cancel_at: '2026-02-28T12:00:00.000Z', holds: ['payment'] },
    });
    expect(await call('ListPlans', { user_types: ['basic'], active_only: true })).toEqual({
      plans: [
        {
          plan_id: 'pro',
          name: 'Pro',
          provider_id: 'ALFA',
          available_for: ['basic'],
          price: { amount_minor: 900, currency: 'EUR' },
          billing_cycle: 'monthly',
          active: true,
          version: 1,
          entitlements: { features: ['beta'], permissions: [] },
        },
      ],
    });
  });

  it('policy, partner and relationships', async () => {
    const text = policyOf('ALFA', 'branding: { display_name: Alfa! }\n');
    expect(await call('ValidatePolicy', { text: 'name: x' })).toMatchObject({
      valid: false,
      problems: [{ severity: 'error', path: expect.any(String) as string }],
    });
    expect(await call('ApplyPolicy', { text })).toMatchObject({ applied: true, policy_version: 2, problems: [] });
    expect(await call('GetPolicy', {})).toEqual({ policy_version: 2, text });
    const partner = {
      provider_id: 'ALFA',
      name: 'ALFA Ltd',
      status: 'active',
      created_at: '2026-01-31T12:00:00.000Z',
      policy_version: 2,
    };
    expect(await call('GetPartner', {})).toMatchObject({
      partner: { ...partner, branding: { display_name: 'Alfa!' } },
    });
    expect(await call('SetPartnerStatus', { provider_id: 'BETA', status: 'stopped' }, operator)).toMatchObject({
      partner: { status: 'stopped' },
    });
    const tuples = [{ user: 'user:user001', relation: 'owner', object: 'document:1' }];
    await call('WriteRelationships', { writes: tuples });
    expect(await call('ReadRelationships', { object: 'document:' })).toEqual({ tuples });
    await call('WriteRelationships', { deletes: tuples });
    expect(await call('ReadRelationships', { object: 'document:1' })).toEqual({ tuples: [] });
  });
});

describe('a malformed request names its field', () => {
  const change = { user_id: 'user009', idempotency_key: 'k' };
  const verification = { verification_id: 'v', level: 'basic', state: 'pending', source: 'internal' };
  it.each<[string, Record<string, unknown>, string]>([
    ['PlanChange', { ...change, action: 'subscribe' }, 'plan_id'],
    ['PlanChange', { ...change, action: 'subscribe', plan_id: '' }, 'plan_id'],
    ['PlanChange', { ...change, action: 'subscribe', plan_id: 'Pro' }, 'plan_id'],
    ['PlanChange', { ...change, action: 'subscribe', plan_id: 'pro', confirmation_code: 'x' }, 'confirmation_code'],
    ['PlanChange', { ...change, action: 'confirm', plan_id: 'pro' }, 'confirmation_code'],
    ['PlanChange', { ...change, action: 'confirm', plan_id: 'pro', confirmation_code: 'x', at: 'now' }, 'at'],
    ['PlanChange', { ...change, action: 'cancel', plan_id: 'pro' }, 'plan_id'],
    ['PlanChange', { ...change, action: 'cancel', at: 'later' }, 'at'],
    ['PlanChange', { ...change, action: 'keep', hold: 'admin' }, 'hold'],
    ['PlanChange', { ...change, action: 'suspend' }, 'hold'],
    ['PlanChange', { ...change, action: 'suspend', hold: 'mood' }, 'hold'],
    ['PlanChange', { ...change, action: 'switch', plan_id: 'pro', evidence: {} }, 'evidence'],
    ['PlanChange', { ...change, action: 'upgrade' }, 'action'],
    ['PlanChange', { ...change, action: 'keep', idempotency_key: 'a b' }, 'idempotency_key'],
    ['PlanChange', { ...change, action: 'keep', idempotency_key: '' }, 'idempotency_key'],
    ['PlanChange', { ...change, action: 'keep', cause: 'x'.repeat(513) }, 'cause'],
    ['PlanChange', { user_id: 'short', idempotency_key: 'k', action: 'keep' }, 'user_id'],
    ['GetSubscription', { user_id: 'toolong1' }, 'user_id'],
    ['ListPlans', { user_types: ['guest'] }, 'user_types'],
    ['CreateUser', { zone: 'DE' }, 'zone'],
    ['CreateUser', { user_id: 'user-01', zone: 'de' }, 'user_id'],
    ['CreateUser', {}, 'zone'],
    ['SetUserActive', { user_id: 'user009' }, 'active'],
    ['ChangeRole', { user_id: 'user009', to: 'king' }, 'to'],
    ['ListUsers', { page_size: 0 }, 'page_size'],
    ['ListUsers', { page_size: 1001 }, 'page_size'],
    [
      'RecordVerification',
      { user_id: 'user009', verification: { ...verification, verification_id: 'a b' } },
      'verification.verification_id',
    ],
    [
      'RecordVerification',
      { user_id: 'user009', verification: { ...verification, source: '' } },
      'verification.source',
    ],
    [
      'RecordVerification',
      { user_id: 'user009', verification: { ...verification, expires_at: '2026-02-30T00:00:00Z' } },
      'verification.expires_at',
    ],
    [
      'RecordVerification',
      { user_id: 'user009', verification: { ...verification, state: 'lost' } },
      'verification.state',
    ],
    ['GetPartner', { provider_id: 'AL' }, 'provider_id'],
    ['ApplyPolicy', {}, 'text'],
    ['ReadRelationships', {}, 'object'],
    ['WriteRelationships', { writes: [{ user: 'user:1', relation: 'owner' }] }, 'writes[0].object'],
    ['WriteRelationships', {}, 'writes'],
  ])('%s %j: %s', async (method, request, field) => {
    await expect(call(method, request)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', field });
  });
});
