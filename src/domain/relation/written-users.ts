import type { CompiledRelation, Conditions } from './compiled-model.ts';
import type { Evaluation } from './evaluation.ts';
import type { ListRun } from './list-run.ts';
import { contextualHolds, entryAdmitted, entryHolds } from './membership.ts';
import { ALLOWED, DENIED } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { OverlayTuple } from './overlay.ts';
import { UserScan } from './user-scan.ts';

/** Sees a user of a relation: its address, of a userset that of its object; type and relation (-1 of a name) by the model's numbers. */
export type SeeUser = (name: number, type: number, held: Outcome, relation: number) => void;

/** The users that tuples, stored and contextual, give a relation of an object, as far as the model admits them. */
export class WrittenUsers {
  readonly #evaluation: Evaluation;
  readonly #scan: UserScan;
  readonly #isJudged: boolean;

  /** `isJudged`: conditions are evaluated; else every tuple holds. */
  constructor(run: ListRun, isJudged = true) {
    this.#evaluation = run.evaluation;
    this.#scan = new UserScan(run);
    this.#isJudged = isJudged;
  }

  /** Names and wildcards. False when what was read holds no more. */
  *names({ relation, restrictions }: CompiledRelation, object: number, see: SeeUser): Generator<void, boolean> {
    const { binding, index, overlay, names } = this.#evaluation;
    for (const tuple of overlay?.of(object, relation) ?? []) {
      if (tuple.userRelation < 0) see(tuple.user, names.typeOf(tuple.user), this.#contextual(tuple), -1);
    }
    const set = this.#evaluation.setOf(object, relation);
    if (set === 0) return true;
    return yield* this.#scan.plain(set, (name, entry) => {
      const type = binding.typeToModel[index.entities.typeOf(name)]!;
      if (type < 0) return;
      const { plain, wildcard } = restrictions;
      const admitted = (index.entities.isWildcard(name) ? wildcard : plain)[type];
      if (admitted === undefined || overlay?.find(object, relation, name, -1) !== undefined) return;
      see(name, type, this.#stored(admitted, entry), -1);
    });
  }

  /** Usersets. False when what was read holds no more. */
  *usersets({ relation, restrictions }: CompiledRelation, object: number, see: SeeUser): Generator<void, boolean> {
    if (!restrictions.admitsUsersets) return true;
    const { binding, index, overlay, names } = this.#evaluation;
    for (const tuple of overlay?.of(object, relation) ?? []) {
      if (tuple.userRelation < 0) continue;
      see(tuple.user, names.typeOf(tuple.user), this.#contextual(tuple), tuple.userRelation);
    }
    const set = this.#evaluation.setOf(object, relation);
    if (set === 0) return true;
    return yield* this.#scan.usersets(set, (userset, entry) => {
      const own = index.entities.objectOf(userset);
      const type = binding.typeToModel[index.entities.typeOf(own)]!;
      const named = binding.relationToModel[index.entities.relationOf(userset)]!;
      const admitted = type < 0 || named < 0 ? undefined : restrictions.userset[type]?.[named];
      if (admitted === undefined || overlay?.find(object, relation, own, named) !== undefined) return;
      see(own, type, this.#stored(admitted, entry), named);
    });
  }

  #stored(admitted: Conditions, entry: number): Outcome {
    if (this.#isJudged) return entryHolds(this.#evaluation, admitted, entry);
    return entryAdmitted(this.#evaluation, admitted, entry) ? ALLOWED : DENIED;
  }

  #contextual(tuple: OverlayTuple): Outcome {
    return this.#isJudged ? contextualHolds(this.#evaluation, tuple) : ALLOWED;
  }
}
