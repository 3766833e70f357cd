import type { OpenFgaClient, Reply } from '../openfga-client.ts';
import { ask, type Answer } from '../question.ts';
import { createStore, deleteStore, isBusy, Refused, writeModel, writeTuples } from '../store.ts';
import type { Case, World } from './random-world.ts';

/** A world in a store of one server, to be asked. */
export interface Settled {
  readonly ask: (one: Case) => Promise<Reply<Answer>>;
}

/**
 * Brings the world into a new store, hands it over, and deletes the store. Where the server refuses model or tuples it is the refusal.
 * Throws `Refused` where the server is too busy.
 */
export async function withWorld<T>(
  client: OpenFgaClient,
  world: Pick<World, 'model' | 'writtenBy' | 'tuples'>,
  use: (settled: Settled | Refused) => Promise<T>,
): Promise<T> {
  const storeId = await createStore(client, 'random-world');
  try {
    return await use(await settle(client, storeId, world));
  } finally {
    await deleteStore(client, storeId);
  }
}

async function settle(
  client: OpenFgaClient,
  storeId: string,
  { model, writtenBy, tuples }: Pick<World, 'model' | 'writtenBy' | 'tuples'>,
): Promise<Settled | Refused> {
  try {
    const first = { storeId, modelId: await writeModel(client, storeId, writtenBy ?? model) };
    await writeTuples(client, first, tuples);
    const place = writtenBy ? { storeId, modelId: await writeModel(client, storeId, model) } : first;
    return { ask: ({ question, circumstances }) => ask(client, place, question, circumstances) };
  } catch (error) {
    if (error instanceof Refused && !isBusy(error.code)) return error;
    throw error;
  }
}
