import type { OpenFgaClient } from '../openfga-client.ts';
import { isBusy, Refused } from '../store.ts';
import { truthOf } from './brute-force.ts';
import { isSame, outcomeOf, type Difference, type Outcome } from './difference.ts';
import { classOf } from './divergence-classes.ts';
import type { Case, World } from './random-world.ts';
import { shrink, type SingleCase } from './shrink.ts';
import { withWorld, type Settled } from './side.ts';

/** The two servers, over one wire. */
export interface Pair {
  readonly gatehouse: OpenFgaClient;
  readonly openfga: OpenFgaClient;
}

/** What came of one world: how many questions were asked, and those with two answers. */
export interface Compared {
  readonly asked: number;
  readonly differences: readonly Difference[];
}

/** Questions in flight at a time on each server. */
const QUESTIONS_IN_FLIGHT = 5;
/** The deadline of a list on both servers. At its end OpenFGA answers with what it has, and does not say that this is not all. */
const LIST_DEADLINE_MS = 3_000;

type Setting = Pick<World, 'model' | 'writtenBy' | 'tuples'>;

/** Puts a world into a store of each server. */
async function onBoth<T>(
  { gatehouse, openfga }: Pair,
  world: Setting,
  use: (ours: Settled | Refused, theirs: Settled | Refused) => Promise<T>,
): Promise<T> {
  return withWorld(gatehouse, world, (ours) => withWorld(openfga, world, (theirs) => use(ours, theirs)));
}

/** Asks all questions of a world of both. A world that one server refuses is one question, and its difference is in the refusal. */
export async function differ(pair: Pair, world: World): Promise<Compared> {
  return onBoth(pair, world, async (ours, theirs) => {
    if (ours instanceof Refused || theirs instanceof Refused) {
      const [gatehouse, openfga] = [settling(ours), settling(theirs)];
      if (isSame(gatehouse, openfga)) return { asked: 1, differences: [] };
      const method = (ours instanceof Refused ? ours : (theirs as Refused)).method;
      const question = { call: method === 'Write' ? 'Write' : 'WriteAuthorizationModel' } as const;
      const truth = truthOf(world.model, world.tuples, question, {});
      return { asked: 1, differences: [{ ...world, question, circumstances: {}, truth, gatehouse, openfga }] };
    }
    const differences: Difference[] = [];
    for (let at = 0; at < world.cases.length; at += QUESTIONS_IN_FLIGHT) {
      const compared = world.cases
        .slice(at, at + QUESTIONS_IN_FLIGHT)
        .map((one) => compare({ ours, theirs }, { ...world, ...one }));
      differences.push(...(await Promise.all(compared)).filter((one) => one !== undefined));
    }
    return { asked: world.cases.length, differences };
  });
}

function settling(side: Settled | Refused): Outcome {
  return side instanceof Refused ? outcomeOf(side) : { accepted: true };
}

async function compare(
  { ours, theirs }: { readonly ours: Settled; readonly theirs: Settled },
  one: SingleCase,
): Promise<Difference | undefined> {
  const [gatehouse, openfga] = await Promise.all([answerOf(ours, one), answerOf(theirs, one)]);
  if (gatehouse === undefined || openfga === undefined || isSame(gatehouse, openfga)) return undefined;
  const truth = truthOf(one.model, one.tuples, one.question, one.circumstances);
  return { ...one, truth, gatehouse, openfga };
}

/** Undefined where the server was too busy, or its time for a list may have been over. */
async function answerOf(side: Settled, one: SingleCase): Promise<Outcome | undefined> {
  const start = performance.now();
  const outcome = outcomeOf(await side.ask(one));
  const isCut = 'list' in outcome && performance.now() - start >= LIST_DEADLINE_MS;
  return isCut || ('error' in outcome && isBusy(outcome.error)) ? undefined : outcome;
}

/** Asks one question of both; undefined where they agree. */
export async function differOn(pair: Pair, one: SingleCase): Promise<Difference | undefined> {
  const only: Case = { question: one.question, circumstances: one.circumstances };
  return (await differ(pair, { ...one, cases: [only] })).differences[0];
}

/** A smallest difference of the same class, or, of none, with the same kinds of outcomes. */
export async function shrinkDifference(pair: Pair, difference: Difference, trialsMax?: number): Promise<Difference> {
  const kind = kindOf(difference);
  let smallest = difference;
  await shrink(
    difference,
    async (smaller) => {
      const found = await differOn(pair, smaller);
      if (found === undefined || kindOf(found) !== kind) return false;
      smallest = found;
      return true;
    },
    trialsMax,
  );
  return smallest;
}

/** A word for differences that look alike. */
export function kindOf(difference: Difference): string {
  const { question, gatehouse, openfga, truth } = difference;
  const word = (outcome: Outcome) =>
    'error' in outcome
      ? `error ${outcome.error}`
      : 'allowed' in outcome
        ? String(outcome.allowed)
        : Object.keys(outcome)[0];
  const right = truth === undefined ? 'nothing to tell' : JSON.stringify(truth).replace(/\[.*\]/, 'list');
  return (
    classOf(difference) ??
    `${question.call}: gatehouse ${word(gatehouse)}, openfga ${word(openfga)}, by the semantics ${right}`
  );
}
