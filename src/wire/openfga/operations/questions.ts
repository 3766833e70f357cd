import type { Tuple, TupleKey } from '../../../domain/relation/tuple.ts';
import { batchCheck } from '../../../services/openfga/batch-check.ts';
import { checkTuple } from '../../../services/openfga/check.ts';
import { expandSet } from '../../../services/openfga/expand.ts';
import { listObjects, streamObjects } from '../../../services/openfga/list-objects.ts';
import { listUsers } from '../../../services/openfga/list-users.ts';
import { OpenFgaError } from '../../../services/openfga/openfga-error.ts';
import { run } from '../../../services/steps.ts';
import type { JsonMessage } from '../json-message.ts';
import type { OpenFgaOperation } from '../operation.ts';
import { factsOf, tupleOf, type Context, type Keyed, type OfStore, type WireFacts } from './fields.ts';
import { renderBatch, renderNode, renderUser } from './render.ts';

type WireListObjects = OfStore &
  WireFacts & { readonly type: string; readonly relation: string; readonly user: string };

const listRequest = (request: WireListObjects, after: string | undefined) => ({
  storeId: request.store_id,
  modelId: request.authorization_model_id,
  type: request.type,
  relation: request.relation,
  user: request.user,
  after,
  ...factsOf(request),
});

export const QUESTION_OPERATIONS: readonly OpenFgaOperation[] = [
  {
    method: 'Check',
    http: { method: 'POST', path: '/stores/{store_id}/check' },
    call(parts, caller, request: OfStore & Keyed & WireFacts) {
      const answer = run(
        checkTuple(parts, caller, {
          storeId: request.store_id,
          modelId: request.authorization_model_id,
          key: request.tuple_key as TupleKey,
          ...factsOf(request),
        }),
      );
      const render = ({ allowed, modelId }: { allowed: boolean; modelId: string }) => ({
        message: { allowed },
        modelId,
      });
      return answer instanceof Promise ? answer.then(render) : render(answer);
    },
  },
  {
    method: 'BatchCheck',
    http: { method: 'POST', path: '/stores/{store_id}/batch-check' },
    call(
      parts,
      caller,
      request: OfStore & { readonly checks: readonly (Keyed & WireFacts & { readonly correlation_id: string })[] },
    ) {
      const answer = run(
        batchCheck(parts, caller, {
          storeId: request.store_id,
          modelId: request.authorization_model_id,
          items: request.checks.map((item) => ({
            key: item.tuple_key as TupleKey,
            correlationId: item.correlation_id,
            ...factsOf(item),
          })),
        }),
      );
      return answer instanceof Promise ? answer.then(renderBatch) : renderBatch(answer);
    },
  },
  {
    method: 'Expand',
    http: { method: 'POST', path: '/stores/{store_id}/expand' },
    async call(parts, caller, request: OfStore & Keyed & WireFacts, call) {
      const { object = '', relation = '' } = request.tuple_key;
      const { root, modelId } = await expandSet(
        parts,
        caller,
        {
          storeId: request.store_id,
          modelId: request.authorization_model_id,
          object,
          relation,
          contextualTuples: factsOf(request).contextualTuples,
        },
        call,
      );
      return { message: { tree: { root: renderNode(root) } }, modelId };
    },
  },
  {
    method: 'ListObjects',
    http: { method: 'POST', path: '/stores/{store_id}/list-objects' },
    async call(parts, caller, request: WireListObjects, call) {
      const { objects, modelId, cut } = await listObjects(parts, caller, listRequest(request, call.listAfter), call);
      return { message: { objects }, modelId, cut };
    },
  },
  {
    method: 'StreamedListObjects',
    http: { method: 'POST', path: '/stores/{store_id}/streamed-list-objects' },
    call() {
      throw new OpenFgaError('unimplemented', 'StreamedListObjects answers with a stream');
    },
    async stream(parts, caller, request: WireListObjects, call) {
      const { modelId, objects } = await streamObjects(parts, caller, listRequest(request, call.listAfter), call);
      return { modelId, messages: asMessages(objects) };
    },
  },
  {
    method: 'ListUsers',
    http: { method: 'POST', path: '/stores/{store_id}/list-users' },
    async call(
      parts,
      caller,
      request: OfStore & {
        readonly object: { readonly type: string; readonly id: string };
        readonly relation: string;
        readonly user_filters: readonly { readonly type: string; readonly relation?: string }[];
        readonly contextual_tuples?: readonly Partial<Tuple>[];
        readonly context?: Context;
      },
      call,
    ) {
      const { users, modelId, cut } = await listUsers(
        parts,
        caller,
        {
          storeId: request.store_id,
          modelId: request.authorization_model_id,
          object: request.object,
          relation: request.relation,
          filters: request.user_filters,
          contextualTuples: request.contextual_tuples?.map(tupleOf),
          context: request.context,
          after: call.listAfter,
        },
        call,
      );
      return { message: { users: users.map(renderUser) }, modelId, cut };
    },
  },
];

async function* asMessages<Result>(
  objects: AsyncGenerator<readonly string[], Result, void>,
): AsyncGenerator<readonly JsonMessage[], Result, void> {
  for (;;) {
    const step = await objects.next();
    if (step.done === true) return step.value;
    yield step.value.map((object) => ({ object }));
  }
}
