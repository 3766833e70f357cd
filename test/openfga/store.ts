import type { AuthorizationModel } from '../../src/domain/relation/model.ts';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import type { OpenFgaClient, Reply } from './openfga-client.ts';

/** Most tuples of one Write. */
const WRITE_TUPLES_MAX = 100;

export async function createStore(client: OpenFgaClient, name: string): Promise<string> {
  return (await expected(client, 'CreateStore', { name }))['id'] as string;
}

export async function deleteStore(client: OpenFgaClient, storeId: string): Promise<void> {
  await expected(client, 'DeleteStore', { store_id: storeId });
}

/** The id of the model; throws `Refused` where the server does not take it. */
export async function writeModel(client: OpenFgaClient, storeId: string, model: AuthorizationModel): Promise<string> {
  const answer = await expected(client, 'WriteAuthorizationModel', { store_id: storeId, ...model });
  return answer['authorization_model_id'] as string;
}

/** Writes all of them, in as many calls as it takes. */
export async function writeTuples(
  client: OpenFgaClient,
  place: { readonly storeId: string; readonly modelId: string },
  tuples: readonly Tuple[],
): Promise<void> {
  for (let at = 0; at < tuples.length; at += WRITE_TUPLES_MAX) {
    await expected(client, 'Write', {
      store_id: place.storeId,
      authorization_model_id: place.modelId,
      writes: { tuple_keys: tuples.slice(at, at + WRITE_TUPLES_MAX) },
    });
  }
}

/** A call that the server did not answer but with an error. */
export class Refused extends Error {
  readonly method: string;
  readonly code: number;
  readonly httpStatus: number | undefined;

  constructor(method: string, wire: string, { code, message, httpStatus }: Reply & { ok: false }) {
    super(`${method} over ${wire} failed with ${code}: ${message}`);
    this.method = method;
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** Numbers of errors that say nothing but that the machine is busy: cancelled, out of time, unavailable, on either wire. */
const BUSY: readonly number[] = [1, 4, 14, 2058, 4004];

export function isBusy(code: number): boolean {
  return BUSY.includes(code);
}

async function expected(client: OpenFgaClient, method: string, request: Record<string, unknown>) {
  const reply: Reply = await client.call(method, request);
  if (reply.ok) return reply.answer;
  throw new Refused(method, client.wire, reply);
}
