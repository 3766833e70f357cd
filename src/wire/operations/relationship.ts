import type { TupleKey } from '../../domain/relation/tuple.ts';
import type { Operation } from '../operation.ts';
import { objectOf, PAGE_SIZE, PAGE_TOKEN, PROVIDER_ID, text, TUPLE_KEYS, TUPLE_KEYS_ONLY } from './fields.ts';
import { parseTupleKey, renderTuple, type WireTupleKey } from './render.ts';

interface WireWrite {
  readonly writes?: readonly WireTupleKey[];
  readonly deletes?: readonly TupleKey[];
  readonly provider_id?: string;
}

interface WireRead {
  readonly object: string;
  readonly page_size?: number;
  readonly page_token?: string;
  readonly provider_id?: string;
}

export const RELATIONSHIP_OPERATIONS: readonly Operation[] = [
  {
    service: 'RelationshipService',
    method: 'WriteRelationships',
    http: { method: 'POST', path: '/v1/relationships' },
    scope: 'directory',
    request: objectOf({
      writes: { ...TUPLE_KEYS, description: 'To write; one that exists takes the condition given here.' },
      deletes: { ...TUPLE_KEYS_ONLY, description: 'To delete; one that does not exist is no error.' },
      provider_id: PROVIDER_ID,
    }),
    async call({ relationships }, caller, wire: WireWrite) {
      const { token } = await relationships.write(caller, {
        providerId: wire.provider_id,
        writes: (wire.writes ?? []).map(parseTupleKey),
        deletes: wire.deletes ?? [],
      });
      return { consistency_token: token };
    },
  },
  {
    service: 'RelationshipService',
    method: 'ReadRelationships',
    http: { method: 'GET', path: '/v1/relationships' },
    scope: 'directory',
    request: objectOf(
      {
        object: text('`type:id`, or `type:` for every object of the type.', 512),
        page_size: PAGE_SIZE,
        page_token: PAGE_TOKEN,
        provider_id: PROVIDER_ID,
      },
      ['object'],
    ),
    async call({ relationships }, caller, wire: WireRead) {
      const { tuples, next } = await relationships.read(caller, {
        providerId: wire.provider_id,
        object: wire.object,
        pageSize: wire.page_size,
        pageToken: wire.page_token,
      });
      return { tuples: tuples.map(renderTuple), ...(next !== undefined && { next_page_token: next }) };
    },
  },
];
