import { leadingToCircles } from './circles.ts';
import type { AuthorizationModel, Rewrite } from './model.ts';
import { childrenOf, relationsOf, restrictionsOf } from './model-definitions.ts';
import type { Relations } from './model-definitions.ts';

/** What each relation of a sound model rests on: tuples alone, or other relations, or in the end itself. */
export class RelationGraph {
  readonly #source: AuthorizationModel;
  readonly #rewrites: Relations;
  readonly #recursive = new Set<string>();
  readonly #pathDependent = new Set<string>();

  constructor(source: AuthorizationModel) {
    this.#source = source;
    this.#rewrites = relationsOf(source);
    this.#findRecursive();
  }

  rewriteOf(type: string, relation: string): Rewrite {
    return this.#rewrites.get(type)!.get(relation)!;
  }

  /** Written directly, and admits no usersets. */
  isFlat(type: string, relation: string): boolean {
    return 'this' in this.rewriteOf(type, relation) && !this.admitsUsersets(type, relation);
  }

  admitsUsersets(type: string, relation: string): boolean {
    return restrictionsOf(this.#source, type, relation).some((reference) => reference.relation !== undefined);
  }

  admitsWildcards(type: string, relation: string): boolean {
    return restrictionsOf(this.#source, type, relation).some(({ wildcard }) => wildcard !== undefined);
  }

  /** Whether it can come to ask for itself, of whatever object. */
  isRecursive(type: string, relation: string): boolean {
    return this.#recursive.has(`${type}#${relation}`);
  }

  /** Whether it leads to itself on a way with a `but not`, so that what it comes to depends on where it is asked from. */
  isPathDependent(type: string, relation: string): boolean {
    return this.#pathDependent.has(`${type}#${relation}`);
  }

  /** A relation leads to itself if, after all that end have been taken away, it is reached from what it leads to. */
  #findRecursive(): void {
    const targets = new Map<string, readonly string[]>();
    for (const [type, own] of this.#rewrites) {
      for (const [relation, rewrite] of own) {
        targets.set(`${type}#${relation}`, this.#targetsOf(type, relation, rewrite));
      }
    }
    const circling = leadingToCircles(targets);
    const reachedBy = new Map<string, ReadonlySet<string>>();
    for (const name of circling.keys()) {
      const reached = new Set<string>();
      const open = [name];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const target of circling.get(next) ?? []) {
          if (reached.has(target)) continue;
          reached.add(target);
          open.push(target);
        }
      }
      if (!reached.has(name)) continue;
      this.#recursive.add(name);
      reachedBy.set(name, reached);
    }
    this.#findPathDependent(reachedBy);
  }

  /** `reachedBy`: of each recursive relation what it leads to. */
  #findPathDependent(reachedBy: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const [name, reached] of reachedBy) {
      const [type, relation] = name.split('#') as [string, string];
      const taken = this.#takenBy(type, relation, this.rewriteOf(type, relation));
      if (!taken.some((target) => target === name || reachedBy.get(target)?.has(name) === true)) continue;
      for (const other of reached) if (reachedBy.get(other)?.has(name) === true) this.#pathDependent.add(other);
    }
  }

  /** The relations that some `but not` of a rewrite takes away. */
  #takenBy(type: string, relation: string, rewrite: Rewrite): string[] {
    const own = 'difference' in rewrite ? this.#targetsOf(type, relation, rewrite.difference.subtract) : [];
    return [...own, ...childrenOf(rewrite).flatMap((child) => this.#takenBy(type, relation, child))];
  }

  /** The relations, as `type#relation`, that a rewrite of a relation may lead to. */
  #targetsOf(type: string, relation: string, rewrite: Rewrite): string[] {
    if ('this' in rewrite) {
      return restrictionsOf(this.#source, type, relation).flatMap((reference) =>
        reference.relation === undefined ? [] : [`${reference.type}#${reference.relation}`],
      );
    }
    if ('computedUserset' in rewrite) return [`${type}#${rewrite.computedUserset.relation}`];
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      return restrictionsOf(this.#source, type, tupleset.relation)
        .filter((parent) => this.#rewrites.get(parent.type)!.has(computedUserset.relation))
        .map((parent) => `${parent.type}#${computedUserset.relation}`);
    }
    return childrenOf(rewrite).flatMap((child) => this.#targetsOf(type, relation, child));
  }
}
