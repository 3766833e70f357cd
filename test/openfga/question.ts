import type { Tuple } from '../../src/domain/relation/tuple.ts';
import type { Json, OpenFgaClient, Reply } from './openfga-client.ts';

/** `WriteAuthorizationModel`: whether the model is accepted at all, and `Write` its tuples. */
export type Question =
  | { readonly call: 'WriteAuthorizationModel' }
  | { readonly call: 'Write' }
  | { readonly call: 'Check'; readonly user: string; readonly relation: string; readonly object: string }
  | { readonly call: 'ListObjects'; readonly user: string; readonly relation: string; readonly type: string }
  | { readonly call: 'StreamedListObjects'; readonly user: string; readonly relation: string; readonly type: string }
  | { readonly call: 'ListUsers'; readonly object: string; readonly relation: string; readonly filter: string }
  | { readonly call: 'Expand'; readonly object: string; readonly relation: string };

export interface Circumstances {
  readonly contextual?: readonly Tuple[];
  readonly context?: Readonly<Record<string, unknown>>;
}

/** A store with a model in it. */
export interface Place {
  readonly storeId: string;
  readonly modelId: string;
}

/** What was answered, in a form to compare: lists are sorted, and an expanded tree has sorted users. */
export type Answer =
  | { readonly accepted: true }
  | { readonly allowed: boolean }
  | { readonly list: readonly string[] }
  | { readonly tree: unknown };

/** Asks one question of one server, where model and tuples are accepted already. A list with a duplicate is kept so. */
export async function ask(
  client: OpenFgaClient,
  { storeId, modelId }: Place,
  question: Question,
  { contextual = [], context }: Circumstances,
): Promise<Reply<Answer>> {
  const request: Json = {
    store_id: storeId,
    authorization_model_id: modelId,
    ...(context !== undefined && { context }),
    ...(contextual.length > 0 && { contextual_tuples: { tuple_keys: contextual } }),
  };
  switch (question.call) {
    case 'WriteAuthorizationModel':
    case 'Write':
      return { ok: true, answer: { accepted: true } };
    case 'Check': {
      const { user, relation, object } = question;
      const reply = await client.call('Check', { ...request, tuple_key: { user, relation, object } });
      return mapped(reply, ({ allowed }) => ({ allowed: allowed as boolean }));
    }
    case 'ListObjects': {
      const { user, relation, type } = question;
      const reply = await client.call('ListObjects', { ...request, user, relation, type });
      return mapped(reply, ({ objects }) => ({ list: sorted(objects as string[]) }));
    }
    case 'StreamedListObjects': {
      const { user, relation, type } = question;
      const reply = await client.stream({ ...request, user, relation, type });
      return mapped(reply, (objects) => ({ list: sorted(objects) }));
    }
    case 'ListUsers': {
      const reply = await client.call('ListUsers', {
        ...request,
        ...(contextual.length > 0 && { contextual_tuples: contextual }),
        object: objectOf(question.object),
        relation: question.relation,
        user_filters: [filterOf(question.filter)],
      });
      return mapped(reply, ({ users }) => ({ list: sorted((users as ListedUser[]).map(userText)) }));
    }
    case 'Expand': {
      const { object, relation } = question;
      const { context: _, ...rest } = request;
      const reply = await client.call('Expand', { ...rest, tuple_key: { object, relation } });
      return mapped(reply, ({ tree }) => ({ tree: canonical(tree) }));
    }
    default:
      return question satisfies never;
  }
}

function mapped<A, B>(reply: Reply<A>, change: (answer: A) => B): Reply<B> {
  return reply.ok ? { ...reply, answer: change(reply.answer) } : reply;
}

const sorted = (texts: readonly string[]): readonly string[] => [...texts].toSorted();

interface ListedUser {
  readonly object?: { readonly type: string; readonly id: string };
  readonly userset?: { readonly type: string; readonly id: string; readonly relation: string };
  readonly wildcard?: { readonly type: string };
}

function userText({ object, userset, wildcard }: ListedUser): string {
  if (object) return `${object.type}:${object.id}`;
  if (userset) return `${userset.type}:${userset.id}#${userset.relation}`;
  return `${wildcard?.type}:*`;
}

function objectOf(text: string): Json {
  const colon = text.indexOf(':');
  return colon === -1 ? { type: text, id: '' } : { type: text.slice(0, colon), id: text.slice(colon + 1) };
}

function filterOf(text: string): Json {
  const hash = text.indexOf('#');
  return hash === -1 ? { type: text } : { type: text.slice(0, hash), relation: text.slice(hash + 1) };
}

/** Trees differ by the order of tuples, and in what of nothing is left out on which wire. */
function canonical(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((each) => canonical(each));
    return name === 'users' || name === 'computed' ? items.toSorted(byText) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, canonical(each, key)] as const)
      .filter(([, each]) => each !== null && each !== '' && !(Array.isArray(each) && each.length === 0))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function byText(a: unknown, b: unknown): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}
