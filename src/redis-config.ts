/** A store of sessions and quotas beside the data directory. */
export interface RedisConfig {
  /** One server, or several nodes of one cluster, divided by commas. Holds the password: never logged. */
  readonly url: string;
  /** What one command may take; then the store counts as away. */
  readonly timeoutMs: number;
  /** Certificates to trust beside those of the system, PEM. */
  readonly ca?: string;
}

/** Below, a garbage collection would look like an outage; above, a caller would rather be told. */
const TIMEOUT_MS = { min: 5, max: 5_000 } as const;

type RedisSetting = 'redis_url' | 'redis_timeout_ms' | 'redis_ca';

/** `undefined` without a url, and where `report` has been told of a problem. */
export function redisConfig(
  text: (setting: RedisSetting) => string | undefined,
  report: (setting: RedisSetting, rule: string) => undefined,
): RedisConfig | undefined {
  const url = text('redis_url');
  const ca = text('redis_ca');
  const { min, max } = TIMEOUT_MS;
  const timeout = text('redis_timeout_ms') ?? '';
  const timeoutMs = /^\d{1,4}$/.test(timeout) ? Number(timeout) : NaN;
  if (!(timeoutMs >= min && timeoutMs <= max)) {
    report('redis_timeout_ms', `a whole number of milliseconds, ${min} to ${max}`);
  }
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) report('redis_ca', 'certificates in PEM');
  if (url === undefined) return undefined;
  if (url.split(',').every(isRedisUrl)) return { url, timeoutMs, ...(ca !== undefined && { ca }) };
  const rule = 'redis://[user:password@]host:port[/database] or rediss://…, the nodes of a cluster divided by commas';
  return report('redis_url', rule);
}

function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url?.protocol !== 'redis:' && url?.protocol !== 'rediss:') return false;
  return url.hostname !== '' && /^(?:\/\d{0,5})?$/.test(url.pathname);
}
