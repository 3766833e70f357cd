/** A store of sessions and quotas beside the data directory. */
export interface RedisConfig {
  /** One server, or several nodes of one cluster, divided by commas. Holds the password: never logged. */
  readonly url: string;
  /** What one command may take; then the store counts as away. */
  readonly timeoutMs: number;
}

/** Below, a garbage collection would look like an outage; above, a caller would rather be told. */
const TIMEOUT_MS = { min: 5, max: 5_000 } as const;

/** `undefined` without a url, and where `report` has been told of a problem. */
export function redisConfig(
  url: string | undefined,
  timeout: string | undefined,
  report: (setting: 'redis_url' | 'redis_timeout_ms', rule: string) => undefined,
): RedisConfig | undefined {
  const { min, max } = TIMEOUT_MS;
  const timeoutMs = /^\d{1,4}$/.test(timeout ?? '') ? Number(timeout) : NaN;
  if (!(timeoutMs >= min && timeoutMs <= max)) {
    report('redis_timeout_ms', `a whole number of milliseconds, ${min} to ${max}`);
  }
  if (url === undefined) return undefined;
  if (url.split(',').every(isRedisUrl)) return { url, timeoutMs };
  const rule = 'redis://[user:password@]host:port[/database] or rediss://…, the nodes of a cluster divided by commas';
  return report('redis_url', rule);
}

function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url?.protocol !== 'redis:' && url?.protocol !== 'rediss:') return false;
  return url.hostname !== '' && /^(?:\/\d{0,5})?$/.test(url.pathname);
}
