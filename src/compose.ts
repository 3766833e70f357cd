import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openNdjsonDecisionLog } from './adapters/decision-log/ndjson-decision-log.ts';
import { createIndexSnapshotFiles } from './adapters/files/index-snapshot-files.ts';
import { createPolicyFormat } from './adapters/files/policy-format.ts';
import { DataDirError } from './adapters/lmdb/data-dir-error.ts';
import { isLmdbStore } from './adapters/lmdb/prepare-data-dir.ts';
import { openLmdb, type LmdbStores } from './adapters/lmdb/open-lmdb.ts';
import { createPinoLog } from './adapters/pino/pino-log.ts';
import { openRedis } from './adapters/redis/open-redis.ts';
import { systemClock } from './adapters/system-clock.ts';
import { createUlids } from './adapters/ulid/ulids.ts';
import { admissionMetrics, type CircuitState } from './admission-metrics.ts';
import type { AdminApp, App } from './app.ts';
import type { Config } from './config.ts';
import type { PolicyProblem } from './domain/partner/policy.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { firstStart } from './first-start.ts';
import { keyAdministration } from './key-administration.ts';
import { periodically } from './periodically.ts';
import { loadPolicyFolder } from './policy-folder.ts';
import { logHealth, readiness } from './readiness.ts';
import { replicaMetrics } from './replica-metrics.ts';
import type { AdmissionStore } from './ports/admission-store.ts';
import type { Clock } from './ports/clock.ts';
import type { DecisionLog } from './ports/decision-log.ts';
import type { IndexSnapshots } from './ports/index-snapshots.ts';
import type { Log } from './ports/log.ts';
import type { PolicyFormat } from './ports/policy-format.ts';
import { createAuthenticate } from './services/authenticate.ts';
import { Changes } from './services/change.ts';
import { CheckService } from './services/check.ts';
import { checkModelText, createCompilePartner, readPolicy } from './services/compile-partner.ts';
import { DirectoryService } from './services/directory.ts';
import { KeyService } from './services/keys.ts';
import { DerivedStores } from './services/openfga/derived-stores.ts';
import { StoreIndex } from './services/openfga/store-index.ts';
import { Outage } from './services/outage.ts';
import { PartnerChanges } from './services/partner-change.ts';
import { PartnerSnapshots } from './services/partner-snapshots.ts';
import { PartnerService } from './services/partners.ts';
import { PlanChangeService } from './services/plan-change.ts';
import { PolicyService } from './services/policy.ts';
import { RateLimit } from './services/rate-limit.ts';
import { RelationshipService } from './services/relationships.ts';
import { Replica } from './services/replica.ts';
import type { Services } from './services/services.ts';
import { SessionService } from './services/sessions.ts';
import { SubscriptionService } from './services/subscriptions.ts';
import { SweepService } from './services/sweep.ts';
import { UserSessionService } from './services/user-sessions.ts';

export const createLog = (config: Config): Log => createPinoLog(config.logLevel);

/** How often what no rule can ask for any more is removed from the admission store, and how much at a time. */
const PRUNE_EVERY_MS = 60_000;
const PRUNE_RECORDS_MAX = 5_000;

/** What falls due is acted on within a second of its moment. */
const SWEEP_EVERY_MS = 500;

/** How soon after an outage what was admitted in it is counted, where its users do not ask before. */
const RECONCILE_EVERY_MS = 1_000;

/** How soon what deletes left idle is given back. */
const COMPACT_EVERY_MS = 1_000;
/** Snapshots of tuple indexes, below the data directory. */
const SNAPSHOT_FOLDER = 'index';

/** Opens the stores, brings the replica up and, on an empty data directory, seeds. `clock` is the system's unless given. */
export async function compose(config: Config, log: Log, clock: Clock = systemClock): Promise<App> {
  const house = await openHouse(config, log, clock, createIndexSnapshotFiles(join(config.dataDir, SNAPSHOT_FOLDER)));
  const { services, replica, admissions, outage } = house;
  try {
    await loadPolicyFolder(config.policiesDir, services.policy, house.format, log);
    const shown = await firstStart(config, house, log);
    await logHealth(admissions, config, log);
    await outage.load();
    const prune = () => admissions.prune(admissions.now(), PRUNE_RECORDS_MAX);
    const background = [
      periodically(PRUNE_EVERY_MS, prune, (error) => log.warn('pruning failed', { error })),
      periodically(
        RECONCILE_EVERY_MS,
        () => outage.reconcile(),
        (error) => log.debug('operations admitted during an outage cannot be counted yet', { error }),
      ),
      periodically(
        COMPACT_EVERY_MS,
        () => compacted([replica, services.openfga.index]),
        (error) => log.warn('compaction failed', { error }),
      ),
    ];
    if (config.sweep) {
      const sweep = () => services.sweep.run();
      background.push(periodically(SWEEP_EVERY_MS, sweep, (error) => log.warn('sweeping failed', { error })));
    }
    return {
      services,
      authenticate: createAuthenticate(replica, admissions, new RateLimit(replica)),
      ready: () => readiness(house),
      metrics: () => house.metrics(),
      ...(shown && { firstStart: shown }),
      async stop() {
        await Promise.all(background.map((work) => work.stop()));
        await replica.save().catch((error: unknown) => log.warn('no snapshots were written', { error }));
        await house.close();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** A step at a time, so that whoever waits is served between two. */
async function compacted(holders: readonly { compact(): boolean }[]): Promise<void> {
  while (holders.some((holder) => holder.compact())) await setImmediate();
}

/** Opens a data directory for one command, beside the processes that serve from it; one that nobody has served from is refused. */
export async function openForAdmin(config: Config, log: Log): Promise<AdminApp> {
  if (!isLmdbStore(config.dataDir)) {
    const way = 'name the directory of the service with --data-dir, or start it first with `gatehouse serve`';
    throw new CommandError(EXIT.dataDirectory, `there is no store in ${config.dataDir}; ${way}`);
  }
  // Keys and policies need no sessions.
  const house = await openHouse({ ...config, redis: undefined }, log, systemClock);
  const { services, format } = house;
  return {
    ...keyAdministration(services.keys, house.clock),
    async applyPolicy(text, cause) {
      const { compilation } = readPolicy(format, text);
      const { policy, problems } = compilation;
      if (!policy) return { applied: false, problems };
      const because = { actor: { kind: 'operator', id: 'cli' }, cause } as const;
      const { created } = await services.policy.registerPartner(text, undefined, because);
      if (created) return { applied: true, providerId: policy.providerId, policyVersion: 1, problems };
      const caller = { keyId: 'cli', providerId: undefined, scopes: new Set(['policy'] as const) };
      const applied = await services.policy.apply(caller, { providerId: policy.providerId, text, cause });
      return { ...applied, providerId: policy.providerId };
    },
    stop: () => house.close(),
  };
}

/** Every problem of a policy text; needs no data directory. */
export function checkPolicy(config: Config, text: string): readonly PolicyProblem[] {
  return readPolicy(formatOf(config), text).compilation.problems;
}

/** Every problem of a model in the DSL, or of the modules that its `file` lists; needs no data directory. */
export function checkModel(config: Config, text: string, file?: string): readonly PolicyProblem[] {
  return checkModelText(formatOf(config), text, file);
}

export type House = Awaited<ReturnType<typeof openHouse>>;

/** Without `files` the snapshots of tuple indexes are left as they are. */
async function openHouse(config: Config, log: Log, clock: Clock, files?: IndexSnapshots) {
  const format = formatOf(config);
  const stores = openStores(config, clock);
  const decisionLog = await openDecisionLog(config, stores);
  const { documents, relationships } = stores;
  const opened = await openAdmissions(config, stores, log, clock);
  const { admissions } = opened;
  const outage = new Outage({ admissions, journal: stores.outages, log });
  const snapshots = files && new PartnerSnapshots(documents, files, log);
  const replica = new Replica(documents, relationships, createCompilePartner(format), snapshots);
  // The clock of the store decides, not the replica's (S-15).
  const changes = new Changes(documents, replica, admissions);
  const partnerChanges = new PartnerChanges(documents, changes);
  const decisionParts = { replica, changes, documents, admissions, outage, audit: stores.audit, decisionLog };
  const ulids = createUlids();
  const services: Services = {
    check: new CheckService(decisionParts),
    sessions: new SessionService(decisionParts),
    userSessions: new UserSessionService(decisionParts),
    planChange: new PlanChangeService(decisionParts),
    subscriptions: new SubscriptionService(changes),
    directory: new DirectoryService({ changes, replica, documents, auditLog: stores.audit }),
    partners: new PartnerService(changes, replica, partnerChanges),
    policy: new PolicyService({ changes, replica, partnerChanges, format }),
    relationships: new RelationshipService(changes, replica, relationships),
    keys: new KeyService(changes, replica),
    sweep: new SweepService(documents, changes, replica),
    openfga: {
      store: stores.authorization,
      index: new StoreIndex(stores.authorization),
      derived: new DerivedStores(replica, ulids),
      clock,
      ulids,
      limits: config.openfga,
    },
  };
  const close = async (): Promise<void> => {
    await decisionLog?.close();
    await opened.close();
    await stores.close();
  };
  try {
    await replica.load();
  } catch (error) {
    await close();
    throw new CommandError(EXIT.brokenPolicy, error instanceof Error ? error.message : String(error), error);
  }
  return {
    format,
    stores,
    replica,
    changes,
    services,
    admissions,
    circuit: opened.circuit?.bind(opened),
    outage,
    clock: admissions,
    close,
    metrics: async () =>
      replicaMetrics(replica, decisionLog?.dropped()) +
      admissionMetrics({ ...(await admissions.health()), circuit: opened.circuit?.() }, outage.facts()),
  };
}

async function openDecisionLog({ decisionLog: file }: Config, stores: LmdbStores): Promise<DecisionLog | undefined> {
  if (file === undefined) return undefined;
  try {
    return await openNdjsonDecisionLog({ file });
  } catch (error) {
    await stores.close();
    throw new CommandError(EXIT.configuration, `the decision log ${file} cannot be opened for writing`, error);
  }
}

/** Where sessions and quotas live: in Redis where its address is set, else with the documents. `circuit`: of the way to Redis. */
interface Admissions {
  readonly admissions: AdmissionStore;
  circuit?(): CircuitState;
  close(): Promise<void>;
}

async function openAdmissions({ redis }: Config, stores: LmdbStores, log: Log, clock: Clock): Promise<Admissions> {
  if (!redis) return { admissions: stores.admissions, close: async () => {} };
  const { timeoutMs, ...address } = redis;
  // A clock that a caller gives replaces that of Redis, as it does in the data directory.
  const given = clock === systemClock ? {} : { clock };
  try {
    return await openRedis({ ...address, commandTimeoutMs: timeoutMs, log, ...given });
  } catch (error) {
    await stores.close();
    throw new CommandError(EXIT.configuration, `GATEHOUSE_REDIS_URL: ${(error as Error).message}`, error);
  }
}

function openStores(config: Config, clock: Clock): LmdbStores {
  try {
    return openLmdb({ dataDir: config.dataDir, clock });
  } catch (error) {
    if (error instanceof DataDirError) throw new CommandError(EXIT.dataDirectory, error.message, error);
    throw error;
  }
}

function formatOf(config: Config): PolicyFormat {
  try {
    return createPolicyFormat({ policiesDir: config.policiesDir, modelsDir: config.modelsDir });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(EXIT.brokenPolicy, `the policies in ${config.policiesDir} cannot be read: ${reason}`, error);
  }
}
