import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { importedUsers, loadSamples } from './adapters/files/load-samples.ts';
import type { FirstStart } from './app.ts';
import type { House } from './compose.ts';
import type { Config } from './config.ts';
import type { ImportedUser } from './domain/user/commands.ts';
import { Fault } from './domain/errors.ts';
import { parseProviderId } from './domain/values.ts';
import type { Log } from './ports/log.ts';
import { SCOPES } from './ports/document-store.ts';
import { CONFIGURED_LABEL, type KeyService } from './services/keys.ts';

const SEED = { kind: 'system', id: 'first-start' } as const;
const BECAUSE = { actor: SEED, cause: 'sample' };

/** Ends the label of every key that a first start makes. */
const FIRST_START = 'first start';

/**
 * Seeds the sample users and makes the first keys, the operator's last: as long as there are but keys of partners, all of a
 * first start, that start was cut short, and the next one makes good what is missing, with keys anew. Undefined on every
 * later start.
 */
export async function firstStart(
  config: Config,
  house: Pick<House, 'services' | 'replica' | 'changes' | 'clock'>,
  log: Log,
): Promise<FirstStart | undefined> {
  const { services, replica } = house;
  await replica.fresh();
  const isFirst = [...replica.keys()].every(
    ({ providerId, label }) => providerId !== undefined && label.endsWith(FIRST_START),
  );
  const samples = isFirst && config.seed ? await seed(config, house, log) : new Map<string, string>();
  const partners = [];
  for (const { policy } of isFirst ? [...replica.partners()] : []) {
    const { providerId, name } = policy;
    const label = `${providerId}, ${FIRST_START}`;
    const { token } = await services.keys.create({ providerId, scopes: SCOPES, label }, SEED);
    const userId = samples.get(providerId);
    partners.push({
      providerId,
      name,
      key: token,
      ...(userId !== undefined && { sample: { userId, permission: 'call_api' } }),
    });
  }
  if (config.operatorKey !== undefined) await configureOperatorKey(config.operatorKey, services.keys, log);
  if (!isFirst) return undefined;
  const operator =
    config.operatorKey === undefined
      ? await services.keys.create({ providerId: undefined, scopes: SCOPES, label: `operator, ${FIRST_START}` }, SEED)
      : undefined;
  return { operatorKey: operator?.token, partners };
}

/** An earlier configured key stays valid until it is revoked: other processes may still be told to use it. */
async function configureOperatorKey(token: string, keys: KeyService, log: Log): Promise<void> {
  const { keyId } = await keys.importOperatorKey(token, SEED);
  for (const key of await keys.list()) {
    if (key.keyId === keyId || key.label !== CONFIGURED_LABEL || key.revokedAt !== undefined) continue;
    log.warn('an operator key of an earlier configuration is still valid', {
      keyId: key.keyId,
      revoke: `gatehouse keys revoke ${key.keyId}`,
    });
  }
}

/** Imports the samples; answers a plain guest of each partner to try the service with. */
async function seed(config: Config, house: Pick<House, 'changes' | 'clock'>, log: Log): Promise<Map<string, string>> {
  const tryWith = new Map<string, string>();
  if (!existsSync(join(config.policiesDir, 'samples'))) return tryWith;
  for (const sample of loadSamples(config.policiesDir)) {
    const users = importedUsers(sample, house.clock.now());
    await Promise.all(users.map((user) => importOnce(user, house)));
    const guest = users.find(
      ({ role, inactive, idleUntil }) => role === 'guest' && !inactive && idleUntil === undefined,
    );
    if (guest) tryWith.set(sample.provider_id, guest.userId);
    log.info('samples seeded', { providerId: sample.provider_id, users: users.length });
  }
  return tryWith;
}

async function importOnce(user: ImportedUser, { changes }: Pick<House, 'changes'>): Promise<void> {
  const view = changes.partner(parseProviderId(user.providerId, 'provider_id'));
  try {
    await changes.createUser(view, { type: 'import', user }, BECAUSE);
  } catch (error) {
    if (!(error instanceof Fault && error.refusal?.code === 'USER_ID_TAKEN')) throw error;
  }
}
