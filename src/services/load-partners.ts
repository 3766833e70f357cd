import type { PartnerState } from '../domain/partner/state.ts';
import type { PlanState } from '../domain/plan/state.ts';
import type { ProviderId } from '../domain/values.ts';
import type { DocumentStore, Sequence, UserPosition } from '../ports/document-store.ts';
import type { RelationshipStore } from '../ports/relationship-store.ts';
import { HeldPartner, type CompiledPartner } from './held-partner.ts';
import type { PartnerSnapshots } from './partner-snapshots.ts';

const USERS_A_READ = 1000;

export interface Stores {
  readonly documents: DocumentStore;
  readonly relationships: RelationshipStore;
}

export type Compile = (partner: PartnerState) => CompiledPartner;

/**
 * Every partner, from its snapshot where one stands for it, else read whole; with the position from which changes are to be read again.
 * Rejects for a partner that does not compile.
 */
export async function loadPartners(
  stores: Stores,
  compile: Compile,
  snapshots: PartnerSnapshots | undefined,
): Promise<{ readonly partners: Map<ProviderId, HeldPartner>; readonly position: Sequence }> {
  const { documents } = stores;
  let position = await documents.head();
  const head = position;
  const plans = new Map<ProviderId, PlanState[]>();
  for await (const plan of documents.all('plan')) {
    plans.set(plan.providerId, [...(plans.get(plan.providerId) ?? []), plan]);
  }
  const partners = new Map<ProviderId, HeldPartner>();
  const unread = new Map<ProviderId, HeldPartner>();
  for await (const state of documents.all('partner')) {
    const compiled = compile(state);
    const own = plans.get(state.providerId) ?? [];
    const kept = await snapshots?.take(state, compiled, own, head);
    const held = kept?.held ?? (await withRelationships(new HeldPartner(state, compiled, own), stores));
    if (kept) position = Math.min(position, kept.position);
    else unread.set(state.providerId, held);
    partners.set(state.providerId, held);
  }
  if (unread.size < partners.size) for (const held of unread.values()) await readUsers(held, documents);
  else for await (const user of documents.all('user')) partners.get(user.providerId)?.addUser(user);
  return { partners, position };
}

/** Reads one partner whole: its plans, relationships and users. */
export async function readPartner(
  state: PartnerState,
  compiled: CompiledPartner,
  stores: Stores,
): Promise<HeldPartner> {
  const plans: PlanState[] = [];
  for await (const plan of stores.documents.all('plan')) if (plan.providerId === state.providerId) plans.push(plan);
  const held = await withRelationships(new HeldPartner(state, compiled, plans), stores);
  await readUsers(held, stores.documents);
  return held;
}

async function withRelationships(held: HeldPartner, { relationships }: Stores): Promise<HeldPartner> {
  for await (const tuple of relationships.all(held.state.providerId)) held.index.write(tuple);
  return held;
}

async function readUsers(held: HeldPartner, documents: DocumentStore): Promise<void> {
  for (let after: UserPosition | undefined; ;) {
    const users = await documents.usersOf(held.state.providerId, { ...(after && { after }), limit: USERS_A_READ });
    for (const user of users) held.addUser(user);
    after = users.at(-1);
    if (users.length < USERS_A_READ || !after) return;
  }
}
