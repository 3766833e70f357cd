import { readFileSync } from 'node:fs';
import { transformer } from '@openfga/syntax-transformer';

/** Tuples of one write, OpenFGA's limit. */
const WRITE_MAX = 100;
const WRITES_AT_ONCE = 2;

export const benchModel = () =>
  transformer.transformDSLToJSONObject(readFileSync(new URL('model.fga', import.meta.url), 'utf8'));

/**
 * Makes a store with some relationships of the comparison over OpenFGA's HTTP API.
 * @param {{ httpOrigin: string, authorization?: string }} server
 * @param {[object: string, relation: string, user: string][]} tuples
 * @returns {Promise<{ storeId: string, modelId: string }>}
 */
export async function fillStore({ httpOrigin, authorization }, tuples) {
  const post = (path, body) => postJson(`${httpOrigin}${path}`, authorization, body);
  const { id: storeId } = await post('/stores', { name: 'bench' });
  const { authorization_model_id: modelId } = await post(`/stores/${storeId}/authorization-models`, benchModel());
  await writeAll(tuples, WRITE_MAX, (some) =>
    post(`/stores/${storeId}/write`, {
      writes: { tuple_keys: some.map(([object, relation, user]) => ({ object, relation, user })) },
    }),
  );
  return { storeId, modelId };
}

/** Writes tuples some at a time, a few writes at once. */
export async function writeAll(tuples, writeMax, write) {
  let next = 0;
  const worker = async () => {
    while (next < tuples.length) {
      const from = next;
      next += writeMax;
      await write(tuples.slice(from, from + writeMax));
    }
  };
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, worker));
}

export async function postJson(url, authorization, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}
