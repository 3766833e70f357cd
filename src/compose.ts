import { openNdjsonDecisionLog } from './adapters/decision-log/ndjson-decision-log.ts';
import { createPolicyFormat } from './adapters/files/policy-format.ts';
import { DataDirError } from './adapters/lmdb/data-dir-error.ts';
import { isLmdbStore } from './adapters/lmdb/prepare-data-dir.ts';
import { openLmdb, type LmdbStores } from './adapters/lmdb/open-lmdb.ts';
import { createPinoLog } from './adapters/pino/pino-log.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { AdminApp, App } from './app.ts';
import type { Config } from './config.ts';
import type { PolicyProblem } from './domain/partner/policy.ts';
import { CommandError, EXIT } from './exit-codes.ts';
import { firstStart } from './first-start.ts';
import { keyAdministration } from './key-administration.ts';
import { periodically } from './periodically.ts';
import { loadPolicyFolder } from './policy-folder.ts';
import type { Clock } from './ports/clock.ts';
import type { DecisionLog } from './ports/decision-log.ts';
import type { Log } from './ports/log.ts';
import type { PolicyFormat } from './ports/policy-format.ts';
import { createAuthenticate } from './services/authenticate.ts';
import { Changes } from './services/change.ts';
import { CheckService } from './services/check.ts';
import { checkModelText, createCompilePartner, readPolicy } from './services/compile-partner.ts';
import { DirectoryService } from './services/directory.ts';
import { KeyService } from './services/keys.ts';
import { PartnerChanges } from './services/partner-change.ts';
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

export const createLog = (config: Config): Log => createPinoLog(config.logLevel);

/** How often what no rule can ask for any more is removed from the admission store, and how much at a time. */
const PRUNE_EVERY_MS = 60_000;
const PRUNE_RECORDS_MAX = 5_000;

/** What falls due is acted on within a second of its moment. */
const SWEEP_EVERY_MS = 500;

/** Opens the stores, brings the replica up and, on an empty data directory, seeds. `clock` is the system's unless given. */
export async function compose(config: Config, log: Log, clock: Clock = systemClock): Promise<App> {
  const house = await openHouse(config, clock);
  const { services, replica, stores } = house;
  try {
    await loadPolicyFolder(config.policiesDir, services.policy, house.format, log);
    const shown = await firstStart(config, house, log);
    const prune = () => stores.admissions.prune(clock.now(), PRUNE_RECORDS_MAX);
    const background = [periodically(PRUNE_EVERY_MS, prune, (error) => log.warn('pruning failed', { error }))];
    if (config.sweep) {
      const sweep = () => services.sweep.run();
      background.push(periodically(SWEEP_EVERY_MS, sweep, (error) => log.warn('sweeping failed', { error })));
    }
    return {
      services,
      authenticate: createAuthenticate(replica, clock, new RateLimit(replica)),
      ready: () => readiness(replica),
      metrics: () => house.metrics(),
      ...(shown && { firstStart: shown }),
      async stop() {
        await Promise.all(background.map((work) => work.stop()));
        await house.close();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** Opens a data directory for one command, beside the processes that serve from it; one that nobody has served from is refused. */
export async function openForAdmin(config: Config, _log: Log): Promise<AdminApp> {
  if (!isLmdbStore(config.dataDir)) {
    const way = 'name the directory of the service with --data-dir, or start it first with `gatehouse serve`';
    throw new CommandError(EXIT.dataDirectory, `there is no store in ${config.dataDir}; ${way}`);
  }
  const house = await openHouse(config, systemClock);
  const { services, format } = house;
  return {
    ...keyAdministration(services.keys, systemClock),
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

/** Every problem of a model in the DSL; needs no data directory. */
export function checkModel(config: Config, text: string): readonly PolicyProblem[] {
  return checkModelText(formatOf(config), text);
}

export type House = Awaited<ReturnType<typeof openHouse>>;

async function openHouse(config: Config, clock: Clock) {
  const format = formatOf(config);
  const stores = openStores(config);
  const decisionLog = await openDecisionLog(config, stores);
  const { documents, admissions, relationships } = stores;
  const replica = new Replica(documents, relationships, createCompilePartner(format));
  const changes = new Changes(documents, replica, clock);
  const partnerChanges = new PartnerChanges(documents, changes);
  const decisionParts = { replica, changes, documents, admissions, audit: stores.audit, decisionLog };
  const services: Services = {
    check: new CheckService(decisionParts),
    sessions: new SessionService(decisionParts),
    planChange: new PlanChangeService(changes, replica, documents),
    subscriptions: new SubscriptionService(changes),
    directory: new DirectoryService({ changes, replica, documents, auditLog: stores.audit }),
    partners: new PartnerService(changes, replica, partnerChanges),
    policy: new PolicyService({ changes, replica, partnerChanges, format }),
    relationships: new RelationshipService(changes, replica, relationships),
    keys: new KeyService(changes, replica),
    sweep: new SweepService(documents, changes, replica),
  };
  const close = async (): Promise<void> => {
    await decisionLog?.close();
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
    clock,
    close,
    metrics: () => metricsOf(replica, decisionLog?.dropped()),
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

function openStores(config: Config): LmdbStores {
  try {
    return openLmdb({ dataDir: config.dataDir });
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

async function readiness(replica: Replica): Promise<{ ready: boolean; detail: Record<string, unknown> }> {
  try {
    await replica.fresh();
    return {
      ready: true,
      detail: { store: 'embedded', position: replica.position, partners: [...replica.partners()].length },
    };
  } catch {
    return {
      ready: false,
      detail: { store: 'embedded', position: replica.position, reason: 'the store does not answer' },
    };
  }
}

function metricsOf(replica: Replica, dropped = 0): string {
  const lines = [
    '# HELP gatehouse_replica_position Number of the newest change that this replica has taken in.',
    '# TYPE gatehouse_replica_position gauge',
    `gatehouse_replica_position ${replica.position}`,
    '# HELP gatehouse_tuples Relationships in memory, by partner.',
    '# TYPE gatehouse_tuples gauge',
    ...[...replica.partners()].map(
      ({ policy, index }) => `gatehouse_tuples{provider_id="${policy.providerId}"} ${index.size}`,
    ),
    '# HELP gatehouse_decision_log_dropped_total Decisions that the decision log had to drop.',
    '# TYPE gatehouse_decision_log_dropped_total counter',
    `gatehouse_decision_log_dropped_total ${dropped}`,
  ];
  return `${lines.join('\n')}\n`;
}
