import type { Config } from './config.ts';
import type { PolicyProblem } from './domain/partner/policy.ts';
import type { Scope } from './ports/document-store.ts';
import type { Log } from './ports/log.ts';
import type { Authenticate } from './services/authenticate.ts';
import type { Services } from './services/services.ts';
import type { Readiness } from './wire/http/admin.ts';

/** The service without its edges: everything that `serve` needs of a composition. */
export interface App {
  readonly services: Services;
  readonly authenticate: Authenticate;
  /** Cheap; asked for at each probe. */
  ready(): Readiness | Promise<Readiness>;
  /** Prometheus text of what only the services know; empty or ending in a newline. */
  metrics?(): string | Promise<string>;
  /** Present when this start found an empty data directory. */
  readonly firstStart?: FirstStart;
  /** Stops background work and closes the stores; the edges are stopped before. */
  stop(): Promise<void>;
}

/** What is shown once. */
export interface FirstStart {
  /** `undefined` where the configuration fixes it. */
  readonly operatorKey: string | undefined;
  readonly partners: readonly {
    readonly providerId: string;
    readonly name: string;
    readonly key: string;
    /** A seeded user and a permission to try the service with; absent without samples. */
    readonly sample?: { readonly userId: string; readonly permission: string };
  }[];
}

export interface KeySummary {
  readonly keyId: string;
  /** `undefined`: an operator's. */
  readonly providerId: string | undefined;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly state: 'active' | 'expired' | 'revoked';
  /** RFC 3339. */
  readonly createdAt: string;
  readonly expiresAt?: string;
}

/** An open data directory for the commands of an operator; other processes may have it open as well. */
export interface AdminApp {
  /** Resolves with the whole key, shown this once. Throws Fault PARTNER_NOT_FOUND, INVALID_ARGUMENT. */
  createKey(terms: {
    /** `undefined`: an operator's key. */
    providerId: string | undefined;
    scopes: readonly Scope[];
    label: string;
    /** Days until it expires; never when absent. */
    expiresInDays?: number;
  }): Promise<{ key: string; keyId: string }>;
  /** In the order of their ids. */
  listKeys(): Promise<readonly KeySummary[]>;
  /** In force at once. False for an unknown key. */
  revokeKey(keyId: string): Promise<boolean>;
  /** Applies a policy file whole to the partner that it names; with an error among the problems nothing has changed. */
  applyPolicy(
    text: string,
    cause: string,
  ): Promise<{
    readonly applied: boolean;
    readonly providerId?: string;
    readonly policyVersion?: number;
    readonly problems: readonly PolicyProblem[];
  }>;
  stop(): Promise<void>;
}

/**
 * compose.ts, as the commands see it. `compose` and `openForAdmin` throw CommandError (exit-codes.ts) for a data directory that cannot
 * be used and for a policy that cannot be loaded.
 */
export interface Composition {
  createLog(config: Config): Log;
  compose(config: Config, log: Log): Promise<App>;
  openForAdmin(config: Config, log: Log): Promise<AdminApp>;
  /** Offline: needs no data directory. Every problem of the text, in the order of lines. */
  checkPolicy(config: Config, text: string): readonly PolicyProblem[];
  /** As `checkPolicy`, for an authorization model in the DSL, or `file` if that is a `fga.mod`: then each problem names its module. */
  checkModel(config: Config, text: string, file?: string): readonly PolicyProblem[];
}
