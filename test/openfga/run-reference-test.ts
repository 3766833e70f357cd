import type { AuthorizationModel } from '../../src/domain/relation/model.ts';
import type { Tuple } from '../../src/domain/relation/tuple.ts';
import { parseDsl } from './dsl.ts';
import type { OpenFgaClient, Reply } from './openfga-client.ts';
import { ask, type Answer, type Circumstances, type Place, type Question } from './question.ts';
import type { ReferenceTest, Stage } from './reference-suite.ts';
import { createStore, writeModel, writeTuples } from './store.ts';

/** Most contextual tuples of one request. */
const CONTEXTUAL_MAX = 100;

/** How the tuples of a test reach the server. */
export type TupleWay = 'stored' | 'contextual';

/** One assertion of the suites that was made. */
export interface Made {
  /** `test / stage 0 / Check 3`. */
  readonly assertion: string;
  /** Why it does not hold. */
  readonly failure?: string;
}

/** Whether the suite can be run with its tuples as contextual ones; OpenFGA leaves the same tests out. */
export function canBeContextual({ stages }: ReferenceTest): boolean {
  return stages.length === 1 && (stages[0]?.tuples?.length ?? 0) <= CONTEXTUAL_MAX;
}

/** Makes every assertion of a test, in a new store. Throws where the store, a model or the tuples are refused. */
export async function runReferenceTest(client: OpenFgaClient, test: ReferenceTest, way: TupleWay): Promise<Made[]> {
  const storeId = await createStore(client, `suite-${way}`);
  const made: Made[] = [];
  for (const [at, stage] of test.stages.entries()) {
    const model: AuthorizationModel = parseDsl(stage.model);
    const place = { storeId, modelId: await writeModel(client, storeId, model) };
    if (way === 'stored') await writeTuples(client, place, stage.tuples ?? []);
    made.push(
      ...(await assertStage(
        client,
        place,
        stage,
        way === 'stored' ? [] : (stage.tuples ?? []),
        `${test.name} / stage ${at}`,
      )),
    );
  }
  return made;
}

type Asker = (question: Question, circumstances: Circumstances) => Promise<Reply<Answer>>;

async function assertStage(
  client: OpenFgaClient,
  place: Place,
  stage: Stage,
  contextual: readonly Tuple[],
  where: string,
): Promise<Made[]> {
  const asker: Asker = (question, circumstances) => ask(client, place, question, circumstances);
  const circumstancesOf = ({
    contextualTuples = [],
    context,
  }: {
    contextualTuples?: readonly Tuple[];
    context?: Circumstances['context'];
  }) => ({
    contextual: [...contextualTuples, ...contextual],
    ...(context !== undefined && { context }),
  });
  const making: Promise<Made>[] = [];
  const make = (assertion: string, failure: () => Promise<string | undefined>): void => {
    const made = async (): Promise<Made> => {
      const failed = await failure();
      return { assertion: `${where} / ${assertion}`, ...(failed !== undefined && { failure: failed }) };
    };
    making.push(made());
  };
  for (const [at, assertion] of (stage.checkAssertions ?? []).entries()) {
    const { user = '', relation = '', object = '' } = assertion.tuple;
    make(`Check ${at}`, async () => {
      const reply = await asker({ call: 'Check', user, relation, object }, circumstancesOf(assertion));
      return difference(reply, assertion.errorCode, { allowed: assertion.expectation ?? false });
    });
  }
  for (const [at, assertion] of (stage.listObjectsAssertions ?? []).entries()) {
    const circumstances = circumstancesOf(assertion);
    const wanted = { list: (assertion.expectation ?? []).toSorted() };
    const { user, relation } = assertion.request;
    for (const call of ['ListObjects', 'StreamedListObjects'] as const) {
      make(`${call} ${at}`, async () => {
        const reply = await asker({ call, ...assertion.request }, circumstances);
        const failure = difference(reply, errorCodeOf(client, call, assertion.errorCode), wanted);
        const check = (object: string): Question => ({ call: 'Check', user, relation, object });
        return failure ?? unchecked(asker, circumstances, wanted.list, check);
      });
    }
  }
  for (const [at, assertion] of (stage.listUsersAssertions ?? []).entries()) {
    const { object, relation, filters } = assertion.request;
    if (filters.length !== 1) throw new Error('ListUsers takes one filter');
    const circumstances = circumstancesOf(assertion);
    const wanted = { list: (assertion.expectation ?? []).toSorted() };
    make(`ListUsers ${at}`, async () => {
      const reply = await asker({ call: 'ListUsers', object, relation, filter: filters[0]! }, circumstances);
      const check = (user: string): Question => ({ call: 'Check', user, relation, object });
      const failure = difference(reply, assertion.errorCode, wanted);
      return failure ?? unchecked(asker, circumstances, wanted.list, check);
    });
  }
  return Promise.all(making);
}

/** A stream over HTTP tells of every fault of the caller as INVALID_ARGUMENT, since its status is sent before. */
const STREAM_FAULT = 3;

function errorCodeOf(client: OpenFgaClient, call: string, errorCode: number | undefined): number | undefined {
  return errorCode && client.wire === 'HTTP' && call === 'StreamedListObjects' ? STREAM_FAULT : errorCode;
}

function difference(reply: Reply<Answer>, errorCode: number | undefined, wanted: Answer): string | undefined {
  const text = reply.ok ? JSON.stringify(reply.answer) : `error ${reply.code}`;
  const wantedText = errorCode ? `error ${errorCode}` : JSON.stringify(wanted);
  return text === wantedText ? undefined : `wanted ${wantedText}, got ${text}${reply.ok ? '' : ` (${reply.message})`}`;
}

/** What is listed must also be allowed by Check. */
async function unchecked(
  asker: Asker,
  circumstances: Circumstances,
  listed: readonly string[],
  question: (listed: string) => Question,
): Promise<string | undefined> {
  for (const each of listed) {
    const reply = await asker(question(each), circumstances);
    const failure = difference(reply, undefined, { allowed: true });
    if (failure !== undefined) return `Check of the listed ${each}: ${failure}`;
  }
  return undefined;
}
