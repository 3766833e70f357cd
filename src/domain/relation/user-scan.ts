import type { ListRun } from './list-run.ts';

/** Users of so many places are read at once. */
const SMALL_MAX = 1_024;

/** Sees one user of a set: a name or a userset by its address, and the entry of its tuple. */
export type VisitUser = (user: number, entry: number) => void;

/** Reads the users of a set. */
export class UserScan {
  readonly #run: ListRun;

  constructor(run: ListRun) {
    this.#run = run;
  }

  /** Every userset of a set. False when what was read holds no more. */
  *usersets(set: number, visit: VisitUser): Generator<void, boolean> {
    return yield* this.#listed(() => this.#run.evaluation.index.users.usersetsOf(set), visit);
  }

  /** Every plain user and wildcard of a set. False when what was read holds no more. */
  *plain(set: number, visit: VisitUser): Generator<void, boolean> {
    const { users } = this.#run.evaluation.index;
    if (users.isCounted(users.plainOf(set))) return yield* this.#counted(set, visit);
    return yield* this.#listed(() => users.plainOf(set), visit);
  }

  /** A collection; from the start again, and without turns, where users that came meanwhile may have moved the others. */
  *#listed(wordOf: () => number, visit: VisitUser): Generator<void, boolean> {
    const { members } = this.#run.evaluation.index.users;
    let word = wordOf();
    let count = members.count(word);
    for (let from = 0; from < members.places(word); from += SMALL_MAX) {
      this.#read(word, from, Math.min(members.places(word), from + SMALL_MAX), visit);
      if (!this.#run.isDue) continue;
      yield;
      if (!this.#run.holds) return false;
      if (word === wordOf() && count === members.count(word)) continue;
      word = wordOf();
      count = members.count(word);
      this.#read(word, 0, members.places(word), visit);
      return true;
    }
    return true;
  }

  #read(word: number, from: number, to: number, visit: VisitUser): void {
    const { members } = this.#run.evaluation.index.users;
    for (let place = from; place < to; place++) {
      const entry = members.at(word, place);
      if (entry === 0) continue;
      if (this.#run.step()) return;
      visit(members.keyOf(entry), entry);
    }
  }

  /** A wide set does not list its plain users: they are found among all names, by what each is a user of. */
  *#counted(set: number, visit: VisitUser): Generator<void, boolean> {
    const { entities, memberships } = this.#run.evaluation.index;
    for (const name of entities.all()) {
      if (this.#run.step()) return true;
      const entry = entities.isSet(name) ? 0 : memberships.find(entities.headOf(name), set);
      if (entry !== 0) visit(name, entry);
      if (!this.#run.isDue) continue;
      yield;
      if (!this.#run.holds) return false;
    }
    return true;
  }
}
