import type { Reason } from '../domain/errors.ts';
import type { Millis, ProviderId } from '../domain/values.ts';

/** One decision as logged (C-5): enough to ask it again of another policy version. No secret, no token (C-7). */
export interface DecisionEntry {
  readonly at: Millis;
  readonly call: 'Check' | 'Admit';
  readonly providerId: ProviderId;
  readonly userId: string;
  /** `permission:export`, `feature:beta`, `document:1#viewer`, or empty for a bare admission. */
  readonly question: string;
  readonly allowed: boolean;
  readonly reason: Reason;
  readonly policyVersion: number;
  readonly keyId: string;
}

/** Never delays or fails a decision; what it had to drop it counts. */
export interface DecisionLog {
  record(entry: DecisionEntry): void;
  /** Entries lost because the writer fell behind. */
  dropped(): number;
  close(): Promise<void>;
}
