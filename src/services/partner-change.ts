import { refused, type Refusal } from '../domain/errors.ts';
import type { PartnerCommand } from '../domain/partner/commands.ts';
import { decide } from '../domain/partner/decide.ts';
import { evolve } from '../domain/partner/evolve.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import { decide as decidePlan } from '../domain/plan/decide.ts';
import type { PlanAuthoring } from '../domain/plan/events.ts';
import { evolve as evolvePlan } from '../domain/plan/evolve.ts';
import type { PlanState } from '../domain/plan/state.ts';
import type { PlanId, ProviderId } from '../domain/values.ts';
import { planDocumentId, type AuditEntry, type DocumentStore, type Sequence } from '../ports/document-store.ts';
import { conflict, type Because, type Changes } from './change.ts';

/** Attempts at one change while others win the race for the same document; past it the caller is told CONFLICT. */
const ATTEMPTS_MAX = 16;

export interface PartnerChange {
  readonly state: PartnerState;
  /** Position of the commit; undefined when there was nothing to commit. */
  readonly sequence?: Sequence;
}

/** Changes of partner and plan documents: read, decide, commit on the `rev` that was read, and again if another was first. */
export class PartnerChanges {
  readonly #documents: DocumentStore;
  readonly #changes: Changes;

  constructor(documents: DocumentStore, changes: Changes) {
    this.#documents = documents;
    this.#changes = changes;
  }

  /**
   * Makes one change of a partner. `before` runs on each attempt, between the read and the commit, with the partner as it
   * was read: what it commits is there when the change is, and a partner that changed meanwhile makes both anew.
   */
  async change(
    providerId: ProviderId,
    command: PartnerCommand,
    because: Because,
    before: (state: PartnerState) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<PartnerChange | { readonly refusal: Refusal }> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const state = await this.#documents.get('partner', providerId);
      const now = this.#changes.now();
      const { events, refusal } = decide(command, state, { now });
      if (refusal) return { refusal };
      if (state) await before(state);
      let next = state;
      for (const event of events) next = evolve(next, event);
      if (!next || next === state) return { state: next as PartnerState };
      const document = { ...next, rev: (state?.rev ?? 0) + 1 };
      const entries = events.map((event): AuditEntry => {
        const { type, ...facts } = event;
        return { at: now, providerId, event: type, ...because, detail: facts };
      });
      const sequence = await this.#changes.commit(document, entries);
      if (sequence !== undefined) return { state: document, sequence };
    }
    throw conflict();
  }

  /** Makes one change of a plan. Throws REFUSED where the rules do not allow it. */
  async changePlan(
    providerId: ProviderId,
    planId: PlanId,
    command: PlanAuthoring,
    because: Because,
  ): Promise<{ readonly state: PlanState; readonly sequence?: Sequence }> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const state = await this.#documents.get('plan', planDocumentId(providerId, planId));
      const now = this.#changes.now();
      const { events, refusal } = decidePlan(command, state, { now });
      if (refusal) throw refused(refusal);
      let next = state;
      for (const event of events) next = evolvePlan(next, event);
      if (!next || next === state) return { state: next as PlanState };
      const document = { ...next, rev: (state?.rev ?? 0) + 1 };
      const entries = events.map((event): AuditEntry => {
        const { type, ...facts } = event;
        return { at: now, providerId, event: type, ...because, detail: { ...facts, planId } };
      });
      const sequence = await this.#changes.commit(document, entries);
      if (sequence !== undefined) return { state: document, sequence };
    }
    throw conflict();
  }
}
