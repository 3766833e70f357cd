import { refused, type Refusal } from '../domain/errors.ts';
import type { PartnerCommand, PartnerEvent } from '../domain/partner/commands.ts';
import { decide } from '../domain/partner/decide.ts';
import { evolve } from '../domain/partner/evolve.ts';
import type { PartnerState } from '../domain/partner/state.ts';
import { decide as decidePlan } from '../domain/plan/decide.ts';
import type { PlanAuthoring, PlanEvent } from '../domain/plan/events.ts';
import { evolve as evolvePlan } from '../domain/plan/evolve.ts';
import type { PlanState } from '../domain/plan/state.ts';
import type { PlanId, ProviderId } from '../domain/values.ts';
import { planDocumentId, type AuditEntry, type DocumentStore, type Sequence } from '../ports/document-store.ts';
import type { Because, Changes } from './change.ts';
import { untilCommitted } from './until-committed.ts';

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
   * Makes one change of a partner. A command that is prepared is so on each attempt, between the read and the commit: what
   * the preparing commits is there when the change is, and a partner that changed meanwhile makes both anew.
   */
  async change(
    providerId: ProviderId,
    command: PartnerCommand | (() => Promise<PartnerCommand>),
    because: Because,
  ): Promise<PartnerChange | { readonly refusal: Refusal }> {
    return untilCommitted(async () => {
      const state = await this.#documents.get('partner', providerId);
      const now = this.#changes.now();
      const { events, refusal } = decide(typeof command === 'function' ? await command() : command, state, { now });
      if (refusal) return { refusal };
      let next = state;
      for (const event of events) next = evolve(next, event);
      return this.#commit(state, next as PartnerState, entriesOf(events, { at: now, providerId, ...because }, {}));
    });
  }

  /** Makes one change of a plan. Throws REFUSED where the rules do not allow it. */
  async changePlan(
    providerId: ProviderId,
    planId: PlanId,
    command: PlanAuthoring,
    because: Because,
  ): Promise<{ readonly state: PlanState; readonly sequence?: Sequence }> {
    return untilCommitted(async () => {
      const state = await this.#documents.get('plan', planDocumentId(providerId, planId));
      const now = this.#changes.now();
      const { events, refusal } = decidePlan(command, state, { now });
      if (refusal) throw refused(refusal);
      let next = state;
      for (const event of events) next = evolvePlan(next, event);
      return this.#commit(state, next as PlanState, entriesOf(events, { at: now, providerId, ...because }, { planId }));
    });
  }

  /** Commits `next` over the state that was read; undefined when somebody else was first. */
  async #commit<S extends PartnerState | PlanState>(
    state: S | undefined,
    next: S,
    entries: readonly AuditEntry[],
  ): Promise<{ readonly state: S; readonly sequence?: Sequence } | undefined> {
    if (next === state) return { state };
    const document = { ...next, rev: (state?.rev ?? 0) + 1 };
    const sequence = await this.#changes.commit(document, entries);
    return sequence === undefined ? undefined : { state: document, sequence };
  }
}

/** What is audited of each event: its facts and `more`, under its name. */
function entriesOf(
  events: readonly (PartnerEvent | PlanEvent)[],
  of: Pick<AuditEntry, 'at' | 'providerId' | 'actor' | 'cause'>,
  more: Readonly<Record<string, unknown>>,
): AuditEntry[] {
  return events.map(({ type, ...facts }) => ({ ...of, event: type, detail: { ...facts, ...more } }));
}
