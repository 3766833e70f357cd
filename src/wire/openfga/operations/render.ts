import type { UsersetLeaf, UsersetNode } from '../../../domain/relation/expand.ts';
import type { BatchAnswer } from '../../../services/openfga/batch-check.ts';
import type { OpenFgaError } from '../../../services/openfga/openfga-error.ts';
import { OPENFGA_STATUS } from '../codes.ts';
import type { JsonMessage } from '../json-message.ts';

export function renderBatch({ answers, modelId }: { answers: ReadonlyMap<string, BatchAnswer>; modelId: string }) {
  const entries = Array.from(answers, ([id, answer]) => [id, 'error' in answer ? renderError(answer.error) : answer]);
  return { message: { result: Object.fromEntries(entries) as JsonMessage }, modelId };
}

function renderError({ code, message }: OpenFgaError): JsonMessage {
  const which = OPENFGA_STATUS[code].http < 500 ? 'input_error' : 'internal_error';
  return { error: { [which]: code, message } };
}

export function renderUser(user: string): JsonMessage {
  const colon = user.indexOf(':');
  const hash = user.indexOf('#');
  const type = user.slice(0, colon);
  if (hash >= 0) return { userset: { type, id: user.slice(colon + 1, hash), relation: user.slice(hash + 1) } };
  const id = user.slice(colon + 1);
  return id === '*' ? { wildcard: { type } } : { object: { type, id } };
}

export function renderNode(node: UsersetNode): JsonMessage {
  const { name } = node;
  if ('leaf' in node) return { name, leaf: renderLeaf(node.leaf) };
  if ('union' in node) return { name, union: { nodes: node.union.map(renderNode) } };
  if ('intersection' in node) return { name, intersection: { nodes: node.intersection.map(renderNode) } };
  const { base, subtract } = node.difference;
  return { name, difference: { base: renderNode(base), subtract: renderNode(subtract) } };
}

function renderLeaf(leaf: UsersetLeaf): JsonMessage {
  if ('users' in leaf) return { users: { users: leaf.users } };
  if ('computed' in leaf) return { computed: { userset: leaf.computed } };
  const { tupleset, computed } = leaf.tupleToUserset;
  return { tupleToUserset: { tupleset, computed: computed.map((userset) => ({ userset })) } };
}
