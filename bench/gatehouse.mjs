import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startProcess } from './load/start-process.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(ROOT, 'dist', 'cli.js');
const PARTNER = 'FINT';
/** Sessions that the admissions are spread over, as the calls in flight are. */
const SESSIONS = 64;
/** The largest limit that a plan may give a basic user. */
const QUOTA_MAX = 1_000_000;

/**
 * A seeded Gatehouse of its own in `directory`, with a key of one partner, a user to check and sessions to admit into. Everything is as
 * it ships, but for the request rate limits of the sample policies, which would be what is measured. The sessions are of companies, who
 * have no quotas, or, `counted`, of basic users with a plan whose limits are out of reach. `env` is added to the server's own.
 */
export async function startGatehouse(directory, { env: more = {}, counted = false } = {}) {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
  const operatorKey = `ghk_benchmark000_${randomBytes(32).toString('base64url')}`;
  const env = {
    GATEHOUSE_DATA_DIR: join(directory, 'data'),
    GATEHOUSE_POLICIES: join(directory, 'policies'),
    GATEHOUSE_HTTP_ADDR: '127.0.0.1:0',
    GATEHOUSE_GRPC_ADDR: '127.0.0.1:0',
    GATEHOUSE_ADMIN_ADDR: '127.0.0.1:0',
    GATEHOUSE_OPERATOR_KEY: operatorKey,
    GATEHOUSE_LOG_LEVEL: 'warn',
    ...more,
  };
  copyUnpacedPolicies(env.GATEHOUSE_POLICIES, counted);
  const server = await startProcess([CLI, 'serve'], ['http', 'grpc'], env);
  const { http: httpOrigin, grpc: grpcAddress } = server.addresses;
  const create = [CLI, 'keys', 'create', '--provider', PARTNER, '--label', 'bench'];
  const { stdout } = await promisify(execFile)(process.execPath, create, { env: { ...process.env, ...env } });
  const authorization = `Bearer ${stdout.trim()}`;
  const call = (method, path, body) => callJson(httpOrigin, authorization, method, path, body);
  const { users } = await call('GET', '/v1/users?page_size=1000');
  const active = (type) =>
    users.filter((user) => user.type === type && user.status === 'active').map((user) => user.user_id);
  return {
    httpOrigin,
    grpcAddress,
    authorization,
    operatorAuthorization: `Bearer ${operatorKey}`,
    userId: active('basic')[0],
    sessionIds: await openSessions(call, counted ? await subscribers(call) : active('company')),
    check: (body) => call('POST', '/v1/check', body),
    stop: server.stop,
  };
}

function copyUnpacedPolicies(to, counted) {
  cpSync(join(ROOT, 'policies'), to, { recursive: true });
  for (const name of readdirSync(to).filter((file) => file.endsWith('.yaml'))) {
    const path = join(to, name);
    const unpaced = readFileSync(path, 'utf8').replaceAll(/^request_rate_limit:.*\n/gm, '');
    const limits = /quotas: \{ daily: \d+, weekly: \d+ \}/g;
    writeFileSync(
      path,
      counted ? unpaced.replaceAll(limits, `quotas: { daily: ${QUOTA_MAX}, weekly: ${QUOTA_MAX} }`) : unpaced,
    );
  }
}

/** New basic users that hold the plan `plus`. */
async function subscribers(call) {
  const userIds = Array.from({ length: SESSIONS }, (_, number) => `bench${String(number).padStart(2, '0')}`);
  const verification = { verification_id: 'v', level: 'basic', state: 'approved', source: 'internal' };
  for (const user_id of userIds) {
    await call('POST', '/v1/users', { user_id, zone: 'de' });
    await call('POST', `/v1/users/${user_id}/verifications`, { verification });
    const change = (body) => call('POST', `/v1/users/${user_id}/plan-changes`, { plan_id: 'plus', ...body });
    const { confirmation_code } = await change({ action: 'subscribe', idempotency_key: 'k1' });
    const { done } = await change({ action: 'confirm', confirmation_code, idempotency_key: 'k2' });
    if (!done) throw new Error(`${user_id} holds no plan`);
  }
  return userIds;
}

async function openSessions(call, userIds) {
  const sessionIds = [];
  while (sessionIds.length < SESSIONS) {
    const user_id = userIds[sessionIds.length % userIds.length];
    const { session, reason } = await call('POST', '/v1/sessions', { user_id });
    if (!session) throw new Error(`no session for ${user_id}: ${reason}`);
    sessionIds.push(session.session_id);
  }
  return sessionIds;
}

async function callJson(origin, authorization, method, path, body) {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}
