import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { LOG_LEVELS, type LogLevel } from './ports/log.ts';
import { openFgaConfig, OPENFGA_SETTINGS } from './openfga-config.ts';
import { redisConfig, type RedisConfig } from './redis-config.ts';
import { parseKeyText } from './services/key-text.ts';
import type { OpenFgaLimits } from './services/openfga/openfga-limits.ts';
import { ADDRESS_RULE, formatAddress, parseAddress, type Address } from './wire/address.ts';

/** What one process runs with. Paths are absolute. */
export interface Config {
  readonly httpAddr: Address;
  readonly grpcAddr: Address;
  readonly adminAddr: Address;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly policiesDir: string;
  readonly protosDir: string;
  /** A fixed operator key; without one, the first start makes one and shows it once. */
  readonly operatorKey: string | undefined;
  readonly logLevel: LogLevel;
  /** File of the decision log; `undefined`: none is kept. */
  readonly decisionLog: string | undefined;
  /** Whether the first start on an empty data directory seeds the samples. */
  readonly seed: boolean;
  /** Whether this process acts on what ends by itself (K-4). */
  readonly sweep: boolean;
  /** Where sessions and quotas live; `undefined`: in the data directory, with everything else. */
  readonly redis: RedisConfig | undefined;
  /** Limits of OpenFGA's API. */
  readonly openfga: OpenFgaLimits;
}

export interface ConfigProblem {
  readonly variable: string;
  readonly rule: string;
}

/** Every problem of a configuration at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ variable, rule }) => `${variable}: ${rule}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The package's own files, wherever it is installed. */
const packaged = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

interface Setting {
  /** The value until another is given. */
  readonly fallback: string | undefined;
  readonly help: string;
}

/** Every setting, by its name in the YAML file; GATEHOUSE_ and upper case make the variable, dashes the flag. */
export const SETTINGS = {
  http_addr: { fallback: '127.0.0.1:8480', help: 'HTTP address, host:port or unix:/path' },
  grpc_addr: { fallback: '127.0.0.1:8481', help: 'gRPC address, host:port or unix:/path' },
  admin_addr: { fallback: '127.0.0.1:8482', help: 'address of /livez, /readyz and /metrics' },
  data_dir: { fallback: './data', help: 'directory of the embedded store' },
  models: { fallback: packaged('models'), help: 'directory of the authorization models' },
  policies: { fallback: packaged('policies'), help: 'directory of the policies and samples' },
  protos: { fallback: packaged('proto'), help: 'directory of the protos' },
  operator_key: { fallback: undefined, help: 'fixed operator key, ghk_<id>_<secret>' },
  log_level: { fallback: 'info', help: LOG_LEVELS.join(', ') },
  decision_log: { fallback: undefined, help: 'file of the decision log; none is kept without it' },
  seed: { fallback: 'true', help: 'whether a first start seeds the samples, true or false' },
  redis_url: {
    fallback: undefined,
    help: 'store of sessions and quotas, redis[s]://[user:password@]host:port[/database], nodes of a cluster divided by commas',
  },
  redis_timeout_ms: { fallback: '100', help: 'milliseconds that one command of Redis may take' },
  redis_ca: { fallback: undefined, help: 'certificates to trust for rediss://, PEM, beside those of the system' },
  sweep: { fallback: 'true', help: 'whether this process acts on what ends by itself, true or false' },
  ...OPENFGA_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type Flags = Readonly<Partial<Record<SettingName, string>>>;

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** Named so that a set-up that counts on one of them does not run on another store unawares. */
const CLUSTER = ['mongodb_url', 'openfga_url'] as const;

export const variableOf = (name: string): string => `GATEHOUSE_${name.toUpperCase()}`;

type Source = (name: string) => string | undefined;

/**
 * Flags, then environment, then the YAML file, then defaults; frozen. A variable may be given as `<name>_FILE`, a path to its
 * value. Throws ConfigError with every problem.
 */
export function loadConfig(
  sources: { flags?: Flags; file?: string | undefined; env?: NodeJS.ProcessEnv } = {},
): Config {
  const env = sources.env ?? process.env;
  const problems: ConfigProblem[] = [];
  const report = (variable: string, rule: string): undefined => void problems.push({ variable, rule });
  const fromEnv = environment(env, report);
  const fromFile = yamlFile(sources.file ?? env['GATEHOUSE_CONFIG'], report);

  for (const name of CLUSTER) {
    if ((fromEnv(name) ?? fromFile(name)) !== undefined) {
      report(variableOf(name), 'this store is not in this version; leave it unset to run on the embedded one');
    }
  }
  const text = (name: SettingName): string | undefined =>
    sources.flags?.[name] ?? fromEnv(name) ?? fromFile(name) ?? SETTINGS[name].fallback;
  const address = (name: SettingName): Address =>
    parseAddress(text(name) ?? '') ?? (report(variableOf(name), ADDRESS_RULE) as never);
  const oneOf = <T extends string>(name: SettingName, choices: readonly T[]): T =>
    choices.find((choice) => choice === text(name)) ??
    (report(variableOf(name), `one of ${choices.join(', ')}`) as never);
  const operatorKey = text('operator_key');
  if (operatorKey !== undefined && parseKeyText(operatorKey) === undefined) {
    report(variableOf('operator_key'), 'ghk_<12 characters a-z 0-9>_<43 characters of base64url>');
  }
  const decisionLog = text('decision_log');

  const config: Config = {
    httpAddr: address('http_addr'),
    grpcAddr: address('grpc_addr'),
    adminAddr: address('admin_addr'),
    dataDir: resolve(text('data_dir') ?? ''),
    modelsDir: resolve(text('models') ?? ''),
    policiesDir: resolve(text('policies') ?? ''),
    protosDir: resolve(text('protos') ?? ''),
    operatorKey,
    logLevel: oneOf<LogLevel>('log_level', LOG_LEVELS),
    decisionLog: decisionLog === undefined ? undefined : resolve(decisionLog),
    seed: oneOf('seed', ['true', 'false']) === 'true',
    sweep: oneOf('sweep', ['true', 'false']) === 'true',
    openfga: openFgaConfig(text, (name, rule) => report(variableOf(name), rule)),
    redis: redisConfig(text, (name, rule) => report(variableOf(name), rule)),
  };
  const addresses = [config.httpAddr, config.grpcAddr, config.adminAddr].filter((each) => each !== undefined);
  const fixed = addresses.filter((each) => each.kind === 'unix' || each.port !== 0).map(formatAddress);
  if (new Set(fixed).size < fixed.length)
    report(variableOf('http_addr'), 'three addresses that differ: HTTP, gRPC and admin');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

type Report = (variable: string, rule: string) => undefined;

/** An empty variable is an unset one. */
function environment(env: NodeJS.ProcessEnv, report: Report): Source {
  return (name) => {
    const variable = variableOf(name);
    const value = env[variable] || undefined;
    const path = env[`${variable}_FILE`] || undefined;
    if (path === undefined) return value;
    if (value !== undefined) return report(variable, `given twice, here and as ${variable}_FILE`);
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return report(`${variable}_FILE`, `the file ${path} cannot be read`);
    }
  };
}

function yamlFile(path: string | undefined, report: Report): Source {
  if (path === undefined || path === '') return () => undefined;
  const settings = new Map<string, string>();
  for (const [name, value] of Object.entries(readYaml(path, report) ?? {})) {
    if (!(NAMES as readonly string[]).includes(name) && !(CLUSTER as readonly string[]).includes(name)) {
      report(`${path}: ${name}`, `no such setting; there are ${NAMES.join(', ')}`);
    } else if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      settings.set(name, String(value));
    } else {
      report(`${path}: ${name}`, 'a text');
    }
  }
  return (name) => settings.get(name);
}

function readYaml(path: string, report: Report): object | undefined {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const unreadable = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return report(path, unreadable ? 'the file cannot be read' : 'not a YAML file');
  }
  if (content === null) return undefined;
  if (typeof content !== 'object' || Array.isArray(content)) return report(path, 'a mapping of settings');
  return content;
}
