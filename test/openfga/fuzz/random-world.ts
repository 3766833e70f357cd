import type { AuthorizationModel, RelationReference } from '../../../src/domain/relation/model.ts';
import { formatKey, type Tuple } from '../../../src/domain/relation/tuple.ts';
import type { Circumstances, Question } from '../question.ts';
import { CONDITIONS } from './conditions.ts';
import { openModel, randomModel } from './random-model.ts';
import type { Random } from './random.ts';

export interface Case {
  readonly question: Question;
  readonly circumstances: Circumstances;
}

/** A model, tuples that are stored and questions. */
export interface World {
  readonly model: AuthorizationModel;
  /** The model by which the tuples are written, where it is not `model`. */
  readonly writtenBy?: AuthorizationModel;
  readonly tuples: readonly Tuple[];
  readonly cases: readonly Case[];
}

const IDS = ['1', '2', '3'] as const;
const USER_IDS = ['x', 'y'] as const;
/** Known to no tuple. */
const STRANGER = 'z';

export function randomWorld(random: Random, questions: number): World {
  const model = randomModel(random);
  const writtenBy = random.chance(0.2) ? openModel(model) : undefined;
  const places = placesOf(model);
  const widerPlaces = writtenBy ? placesOf(writtenBy) : places;
  const stored = random.list(places.length === 0 ? 0 : random.between(3, 35), () =>
    randomTuple(random, random.pick(random.chance(0.3) ? widerPlaces : places)),
  );
  // A userset is a member of itself without being written.
  const meant = stored.filter(({ object, relation, user }) => user !== `${object}#${relation}`);
  const tuples = [...new Map(meant.map((tuple) => [formatKey(tuple), tuple])).values()];
  const cases = random.list(questions, () => randomCase(random, model, places, tuples));
  return { model, ...(writtenBy && { writtenBy }), tuples, cases };
}

interface PlaceOfTuple {
  readonly type: string;
  readonly relation: string;
  readonly reference: RelationReference;
}

function placesOf(model: AuthorizationModel): PlaceOfTuple[] {
  return model.type_definitions.flatMap(({ type, metadata }) =>
    Object.entries(metadata?.relations ?? {}).flatMap(([relation, { directly_related_user_types: all = [] }]) =>
      all.map((reference) => ({ type, relation, reference })),
    ),
  );
}

function fits({ type, relation, reference }: PlaceOfTuple, key: Tuple): boolean {
  const [name = '', named] = key.user.split('#');
  if (!key.object.startsWith(`${type}:`) || key.relation !== relation) return false;
  if (!name.startsWith(`${reference.type}:`) || named !== reference.relation) return false;
  return name.endsWith(':*') === (reference.wildcard !== undefined);
}

const idOf = (random: Random, type: string) => random.pick(type === 'user' || type === 'bot' ? USER_IDS : IDS);

function randomTuple(random: Random, { type, relation, reference }: PlaceOfTuple): Tuple {
  const user = reference.wildcard
    ? `${reference.type}:*`
    : `${reference.type}:${idOf(random, reference.type)}${reference.relation === undefined ? '' : `#${reference.relation}`}`;
  const key = { object: `${type}:${idOf(random, type)}`, relation, user };
  if (reference.condition === undefined) return key;
  const context = valuesFor(random, [reference.condition], 0.45, 0);
  const stored = Object.keys(context).length > 0 || random.chance(0.5);
  return { ...key, condition: { name: reference.condition, ...(stored && { context }) } };
}

/** Values for the parameters of some conditions, each given with a probability, and wrong with another. */
function valuesFor(random: Random, conditions: readonly string[], given: number, wrong: number) {
  const context: Record<string, unknown> = {};
  for (const condition of conditions) {
    for (const [name, parameter] of Object.entries(CONDITIONS[condition]!.parameters)) {
      if (random.chance(given)) context[name] = random.chance(wrong) ? parameter.wrong : random.pick(parameter.values);
    }
  }
  return context;
}

function randomCase(
  random: Random,
  model: AuthorizationModel,
  places: readonly PlaceOfTuple[],
  tuples: readonly Tuple[],
): Case {
  const conditions = Object.keys(model.conditions ?? {});
  const contextual =
    places.length > 0 && random.chance(0.35)
      ? random.list(random.between(1, 4), () => contextualTuple(random, places, tuples))
      : [];
  const question = randomQuestion(random, model, [...tuples, ...contextual]);
  const distinct = [...new Map(contextual.map((tuple) => [formatKey(tuple), tuple])).values()];
  return {
    question,
    circumstances: {
      ...(distinct.length > 0 && { contextual: random.chance(0.97) ? distinct : contextual }),
      ...(conditions.length > 0 &&
        random.chance(0.9) && { context: valuesFor(random, conditions, random.pick([0.3, 0.7, 1]), 0.02) }),
    },
  };
}

/** Mostly of its own, sometimes in the place of a stored one, rarely one that no model allows. */
function contextualTuple(random: Random, places: readonly PlaceOfTuple[], tuples: readonly Tuple[]): Tuple {
  if (tuples.length > 0 && random.chance(0.25)) {
    const { condition: _, ...key } = random.pick(tuples);
    const fitting = places.filter((place) => fits(place, key));
    if (fitting.length > 0) {
      const { condition } = randomTuple(random, random.pick(fitting));
      return condition === undefined ? key : { ...key, condition };
    }
  }
  const tuple = randomTuple(random, random.pick(places));
  if (!random.chance(0.02)) return tuple;
  return {
    ...tuple,
    ...random.pick([
      { relation: 'none' },
      { object: 'none:1' },
      { user: 'none:1' },
      { user: 'user' },
      { object: 'doc' },
    ]),
  };
}

function randomQuestion(random: Random, model: AuthorizationModel, tuples: readonly Tuple[]): Question {
  const places = model.type_definitions.flatMap(({ type, relations = {} }) =>
    Object.keys(relations).map((relation) => ({ type, relation })),
  );
  // Most questions are about what some tuple is about.
  const about = tuples.length > 0 && random.chance(0.5) ? random.pick(tuples) : undefined;
  const place = random.pick(places);
  const type = about?.object.split(':')[0] ?? place.type;
  const relation = spoilt(random, random.chance(0.6) ? place.relation : (about?.relation ?? place.relation));
  const object = about?.object ?? `${type}:${idOf(random, type)}`;
  const roll = random.next();
  if (roll < 0.5)
    return {
      call: 'Check',
      user: spoilt(random, randomUser(random, model, about)),
      relation,
      object: spoilt(random, object),
    };
  if (roll < 0.7) {
    const call = random.chance(0.8) ? 'ListObjects' : 'StreamedListObjects';
    return { call, user: spoilt(random, randomUser(random, model, about)), relation, type: spoilt(random, type) };
  }
  if (roll < 0.92) return { call: 'ListUsers', object, relation, filter: spoilt(random, randomFilter(random, model)) };
  return { call: 'Expand', object: spoilt(random, object), relation };
}

function randomUser(random: Random, model: AuthorizationModel, about: Tuple | undefined): string {
  const roll = random.next();
  if (about && roll < 0.25) return about.user;
  if (roll < 0.7) return `user:${random.pick(USER_IDS)}`;
  if (roll < 0.75) return `user:${STRANGER}`;
  if (roll < 0.8) return 'user:*';
  const { type, relations = {} } = random.pick(model.type_definitions);
  const names = Object.keys(relations);
  const name = `${type}:${idOf(random, type)}`;
  return names.length === 0 || random.chance(0.1) ? name : `${name}#${random.pick(names)}`;
}

function randomFilter(random: Random, model: AuthorizationModel): string {
  if (random.chance(0.7)) return 'user';
  const { type, relations = {} } = random.pick(model.type_definitions);
  const names = Object.keys(relations);
  return names.length === 0 || random.chance(0.2) ? type : `${type}#${random.pick(names)}`;
}

/** Rarely a name that nothing has, or none at all. */
function spoilt(random: Random, name: string): string {
  if (!random.chance(0.01)) return name;
  return random.pick(['none', 'none:1', 'none:1#a', `${name}#none`, `${name}:`, `${name} `, 'doc:*', '']);
}
