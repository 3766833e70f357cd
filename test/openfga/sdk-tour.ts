import { readFileSync } from 'node:fs';
import {
  CredentialsMethod,
  FgaApiAuthenticationError,
  FgaApiError,
  FgaApiNotFoundError,
  FgaApiValidationError,
  OpenFgaClient,
  TupleOperation,
  type ClientCheckRequest,
  type TupleChange,
  type TupleKey,
  type User,
} from '@openfga/sdk';
import { parse } from 'yaml';
import { formatTuple, type Tuple } from '../../src/domain/relation/tuple.ts';
import type { OpenFgaServer } from './openfga-client.ts';

/** One step of the tour: `test/cases/openfga-tour.yaml`. */
export interface TourStep {
  readonly call: string;
  readonly with?: Readonly<Record<string, unknown>>;
  /** Only for a server that wants keys. */
  readonly without_key?: true;
  readonly with_key?: 'wrong';
  readonly gives: Readonly<Record<string, unknown>>;
}

export function tourSteps(): readonly TourStep[] {
  return parse(readFileSync(new URL('../cases/openfga-tour.yaml', import.meta.url), 'utf8')) as TourStep[];
}

/** A key of the right form that was never made. */
const WRONG_KEY = `ghk_nobody000000_${'A'.repeat(43)}`;

/** As the list has them: the SDK and the server say what they think of a wrong one. */
// oxlint-disable-next-line typescript/no-explicit-any -- out of a file, handed on to the SDK as they are
type Args = Readonly<Record<string, any>>;
type Given = Readonly<Record<string, unknown>>;

/** Takes the tour with `@openfga/sdk`. */
export class SdkTour {
  readonly #server: OpenFgaServer;
  #storeId: string | undefined;
  #modelId: string | undefined;

  constructor(server: OpenFgaServer) {
    this.#server = server;
  }

  /** What the step came to, in the words of the list. */
  async take(step: TourStep): Promise<Given> {
    const key = step.without_key ? undefined : step.with_key ? WRONG_KEY : this.#server.key;
    const client = new OpenFgaClient({
      apiUrl: this.#server.httpOrigin,
      ...(this.#storeId !== undefined && { storeId: this.#storeId }),
      ...(this.#modelId !== undefined && { authorizationModelId: this.#modelId }),
      retryParams: { maxRetry: 0 },
      ...(key !== undefined && { credentials: { method: CredentialsMethod.ApiToken, config: { token: key } } }),
    });
    const call = this.#calls[step.call];
    if (!call) throw new Error(`no call is known as ${step.call}`);
    try {
      return await call(client, (step.with ?? {}) as Args);
    } catch (error) {
      if (error instanceof FgaApiError) return failureOf(error);
      throw error;
    }
  }

  readonly #calls: Readonly<Record<string, (client: OpenFgaClient, args: Args) => Promise<Given>>> = {
    create_store: async (client, { name }) => {
      const { id, name: given } = await client.createStore({ name });
      this.#storeId = id;
      return { name: given };
    },
    get_store: async (client) => ({ name: (await client.getStore()).name }),
    list_stores: async (client) => {
      for (let token = ''; ;) {
        const { stores, continuation_token } = await client.listStores({ continuationToken: token });
        if (stores.some(({ id }) => id === this.#storeId)) return { found: true };
        if (!continuation_token) return { found: false };
        token = continuation_token;
      }
    },
    delete_store: async (client) => {
      await client.deleteStore();
      return {};
    },
    write_model: async (client, args) => {
      this.#modelId = (await client.writeAuthorizationModel(args as never)).authorization_model_id;
      return {};
    },
    read_model: async (client) => {
      const { authorization_model: model } = await client.readAuthorizationModel();
      return { schema_version: model?.schema_version, types: model?.type_definitions.map(({ type }) => type) };
    },
    read_latest_model: async (client) => {
      const { authorization_model: model } = await client.readLatestAuthorizationModel();
      return { is_latest: model?.id === this.#modelId };
    },
    read_models: async (client) => ({ count: (await client.readAuthorizationModels()).authorization_models.length }),
    write: async (client, { writes, deletes, on_duplicate, on_missing }) => {
      const conflict = {
        ...(on_duplicate && { onDuplicateWrites: on_duplicate }),
        ...(on_missing && { onMissingDeletes: on_missing }),
      };
      await client.write({ ...(writes && { writes }), ...(deletes && { deletes }) }, { conflict });
      return {};
    },
    write_apart: async (client, { writes, deletes }) => {
      const transaction = { disable: true, maxPerChunk: 1 };
      const made = await client.write({ ...(writes && { writes }), ...(deletes && { deletes }) }, { transaction });
      return {
        written: Object.fromEntries(made.writes.map(({ tuple_key, status }) => [tuple_key.relation, status])),
        deleted: Object.fromEntries(made.deletes.map(({ tuple_key, status }) => [tuple_key.relation, status])),
      };
    },
    read: async (client, args) => {
      const { tuples, continuation_token } = await client.read(args);
      return { tuples: tuples.map(({ key }) => textOf(key)).toSorted(), more: continuation_token !== '' };
    },
    read_in_pages: async (client, { page_size }) => {
      const pages: number[] = [];
      for (let token: string | undefined; token !== '';) {
        const page = await client.read({}, { pageSize: page_size, ...(token && { continuationToken: token }) });
        pages.push(page.tuples.length);
        token = page.continuation_token;
      }
      return { pages };
    },
    check: async (client, { consistency, ...request }) => {
      return { allowed: (await client.check(checkOf(request), consistency && { consistency })).allowed };
    },
    check_with_model: async (client, { model }) => {
      const request = { user: 'user:anne', relation: 'owner', object: 'document:roadmap' };
      return { allowed: (await client.check(request, { authorizationModelId: model })).allowed };
    },
    client_batch_check: async (client, { checks }) => {
      const { result } = await client.clientBatchCheck((checks as Given[]).map(checkOf));
      return Object.fromEntries(result.map(({ _request, allowed }) => [_request.user, allowed]));
    },
    batch_check: async (client, { checks }) => {
      const items = (checks as Given[]).map(({ correlation_id, ...rest }) => ({
        ...rest,
        correlationId: correlation_id,
      }));
      const { result } = await client.batchCheck({ checks: items as never });
      return Object.fromEntries(
        result.map(({ correlationId, allowed, error }) => [correlationId, error ? error.input_error : allowed]),
      );
    },
    list_objects: async (client, args) => ({ objects: (await client.listObjects(args as never)).objects.toSorted() }),
    streamed_list_objects: async (client, args) => {
      const objects: string[] = [];
      for await (const { object } of client.streamedListObjects(args as never)) objects.push(object);
      return { objects: objects.toSorted() };
    },
    list_users: async (client, { object, relation, filter, ...rest }) => {
      const [type = '', id = ''] = (object as string).split(':');
      const [filterType = '', named] = (filter as string).split('#');
      const { users } = await client.listUsers({
        object: { type, id },
        relation,
        user_filters: [{ type: filterType, ...(named !== undefined && { relation: named }) }],
        ...(rest as object),
      });
      return { users: users.map(userText).toSorted() };
    },
    expand: async (client, args) => {
      const { tree } = await client.expand(args as never);
      return { name: tree?.root?.name, users: tree?.root?.leaf?.users?.users };
    },
    list_relations: async (client, args) => ({
      relations: (await client.listRelations(args as never)).relations.toSorted(),
    }),
    read_changes: async (client, { type, start_time, page_size }) => {
      const request = { type: type ?? '', ...(start_time && { startTime: start_time }) };
      const { changes } = await client.readChanges(request, page_size && { pageSize: page_size });
      return { changes: changes.map(changeText) };
    },
    read_changes_to_the_end: async (client, { type }) => {
      const changes: string[] = [];
      for (let token: string | undefined; ;) {
        const page = await client.readChanges(
          { type: type ?? '' },
          token === undefined ? {} : { continuationToken: token },
        );
        if (page.changes.length === 0) return { changes, again: page.changes.map(changeText) };
        changes.push(...page.changes.map(changeText));
        token = page.continuation_token;
      }
    },
    write_assertions: async (client, { assertions }) => {
      await client.writeAssertions(assertions);
      return {};
    },
    read_assertions: async (client) => {
      const { assertions } = await client.readAssertions();
      return {
        assertions: (assertions ?? []).map(({ tuple_key, expectation }) => `${textOf(tuple_key)} ${expectation}`),
      };
    },
  };
}

function failureOf(error: FgaApiError): Given {
  const { status, code } = { status: error.statusCode, code: (error as { apiErrorCode?: unknown }).apiErrorCode };
  if (error instanceof FgaApiAuthenticationError) return { error: 'authentication', status, code };
  if (error instanceof FgaApiNotFoundError) return { error: 'not_found', status, code };
  if (error instanceof FgaApiValidationError) return { error: 'validation', status, code };
  return { error: error.name, status, code };
}

function checkOf({ contextual_tuples, ...rest }: Given): ClientCheckRequest {
  return {
    ...rest,
    ...(contextual_tuples !== undefined && { contextualTuples: contextual_tuples }),
  } as ClientCheckRequest;
}

/** Without an empty condition, of which one server writes a null. */
function textOf({
  user,
  relation,
  object,
  condition,
}: TupleKey | { user: string; relation: string; object: string; condition?: never }): string {
  return formatTuple({ user, relation, object, ...(condition && { condition }) } as Tuple);
}

function changeText({ operation, tuple_key }: TupleChange): string {
  return `${operation === TupleOperation.Write ? 'write' : 'delete'} ${textOf(tuple_key)}`;
}

function userText({ object, userset, wildcard }: User): string {
  if (object) return `${object.type}:${(object as { id: string }).id}`;
  return userset ? `${userset.type}:${userset.id}#${userset.relation}` : `${wildcard?.type}:*`;
}
