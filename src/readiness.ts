import type { CircuitState } from './admission-metrics.ts';
import type { Config } from './config.ts';
import type { AdmissionStore, AdmissionStoreHealth } from './ports/admission-store.ts';
import type { Log } from './ports/log.ts';
import type { Outage } from './services/outage.ts';
import type { Replica } from './services/replica.ts';
import type { Readiness } from './wire/http/admin.ts';

interface ReadinessParts {
  readonly replica: Replica;
  readonly admissions: AdmissionStore;
  readonly outage: Outage;
  /** Of the way to an admission store elsewhere. */
  readonly circuit: (() => CircuitState) | undefined;
}

/** A replica whose admission store is away stays in service: it answers checks, and refuses or degrades admissions by itself. */
export async function readiness({ replica, admissions, outage, circuit }: ReadinessParts): Promise<Readiness> {
  const store = 'embedded';
  try {
    await replica.fresh();
    const health: AdmissionStoreHealth = await admissions.health();
    const { away, owed } = outage.facts();
    return {
      ready: true,
      detail: {
        store,
        position: replica.position,
        partners: [...replica.partners()].length,
        admissions: { ...health, ...(circuit && { circuit: circuit() }), away, owed },
      },
    };
  } catch {
    return { ready: false, detail: { store, position: replica.position, reason: 'the store does not answer' } };
  }
}

/** What the admission store says of itself at a start: that it may lose what it answered, or that it does not answer. */
export async function logHealth(admissions: AdmissionStore, { redis }: Config, log: Log): Promise<void> {
  const health = { store: redis ? 'redis' : 'embedded', ...(await admissions.health()) };
  if (health.state === 'up') log.info('sessions and quotas', health);
  else log.warn('sessions and quotas', health);
}
