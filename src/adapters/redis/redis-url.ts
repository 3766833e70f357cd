/** Where Redis is and how to be let in. */
export interface RedisAddress {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly cluster: boolean;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Database index. */
  readonly db: number;
}

/** What a URL of Redis looks like, for those who got it wrong. */
export const REDIS_URL_RULE =
  'redis:// or rediss:// (TLS) with [user:password@]host[:port][/database]; for a cluster several of them, comma-separated, or one with ?cluster=true';

const PORT_DEFAULT = 6379;

/**
 * One URL is one server, or with `?cluster=true` one node of a cluster; several, comma-separated, are nodes of a cluster.
 * User, password and TLS are those of the first. `undefined`: not such a URL.
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  const urls = text.split(',').map((each) => (URL.canParse(each.trim()) ? new URL(each.trim()) : undefined));
  const [first] = urls;
  if (!first || urls.some((url) => !url || !isNode(url, first))) return undefined;
  const asked = first.searchParams.get('cluster');
  const cluster = urls.length > 1 || asked === 'true';
  const db = Number(first.pathname.slice(1));
  if (!Number.isInteger(db) || db < 0 || (cluster && db !== 0)) return undefined;
  if ([...first.searchParams.keys()].some((name) => name !== 'cluster') || !['true', 'false', null].includes(asked)) {
    return undefined;
  }
  return {
    nodes: urls.flatMap((url) => (url ? [{ host: hostOf(url), port: Number(url.port || PORT_DEFAULT) }] : [])),
    cluster,
    tls: first.protocol === 'rediss:',
    ...(first.username !== '' && { username: decodeURIComponent(first.username) }),
    ...(first.password !== '' && { password: decodeURIComponent(first.password) }),
    db,
  };
}

const isNode = (url: URL, first: URL): boolean =>
  ['redis:', 'rediss:'].includes(url.protocol) && url.protocol === first.protocol && url.hostname !== '';

/** An IPv6 address without its brackets. */
const hostOf = ({ hostname }: URL): string => hostname.replaceAll(/^\[|\]$/g, '');
