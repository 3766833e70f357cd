import type { AdmissionStore } from '../../ports/admission-store.ts';
import type { Clock } from '../../ports/clock.ts';
import { RedisAdmissionStore } from './admission-store.ts';
import type { CircuitState } from './circuit-breaker.ts';
import { connect, type ConnectionSettings } from './connection.ts';
import { parseRedisUrl, REDIS_URL_RULE } from './redis-url.ts';

export interface RedisSettings extends ConnectionSettings {
  /** As REDIS_URL_RULE says. */
  readonly url: string;
  /** For tests that set the time. Default: that of the server, which alone is right for several processes (S-15). */
  readonly clock?: Clock;
}

export interface RedisStores {
  readonly admissions: AdmissionStore;
  /** `open`: calls are refused at once, for the server did not answer; `half-open`: the next one tries. */
  circuit(): CircuitState;
  close(): Promise<void>;
}

/**
 * Resolves with or without a connection, within seconds; one that is missing is made as soon as it can be. Throws RangeError for
 * what is no URL of Redis.
 */
export async function openRedis(settings: RedisSettings): Promise<RedisStores> {
  const address = parseRedisUrl(settings.url);
  if (!address) throw new RangeError(`not a URL of Redis: ${REDIS_URL_RULE}`);
  const connection = await connect(address, settings);
  return {
    admissions: new RedisAdmissionStore(connection, settings.clock),
    circuit: () => connection.circuit(),
    close: () => connection.close(),
  };
}
