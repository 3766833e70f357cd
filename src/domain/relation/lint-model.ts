import type { AuthorizationModel, RelationReference, Rewrite } from './model.ts';
import { childrenOf, restrictionsOf } from './model-definitions.ts';

export type LintRule =
  | 'tupleset-target-missing'
  | 'cycle-through-operator'
  | 'userset-with-exclusion'
  | 'alias-userset'
  | 'self-referential-userset';

/** What a sound model says that OpenFGA has announced to answer otherwise, or to refuse, once its weighted graph is the only way. */
export interface ModelWarning {
  readonly rule: LintRule;
  readonly type: string;
  readonly relation: string;
  readonly message: string;
}

/** A relation that another may ask for. `guarded`: below an `and` or a `but not`. */
interface Step {
  readonly to: string;
  readonly guarded: boolean;
}

/**
 * Every warning of a sound model, in the order of its definitions:
 * - `tupleset-target-missing`: `x from parent` where a type of parent has no x. The graph of such a model cannot be built.
 * - `cycle-through-operator`: a relation that comes back to itself through `and` or `but not`. Neither can that.
 * - `userset-with-exclusion`: a `but not` of which users may be written as usersets or wildcards. Asked with one of these, it will be an error.
 * - `alias-userset`: a userset is admitted by a name that only stands for another relation. Asked by the other name, it will be no.
 * - `self-referential-userset`: a relation admits its own userset. `x#r` as a user of r of x will be no, unless a tuple says so.
 */
export function lintModel(model: AuthorizationModel): ModelWarning[] {
  return new ModelLint(model).warnings();
}

class ModelLint {
  readonly #model: AuthorizationModel;
  readonly #rewrites = new Map<string, Rewrite>();
  readonly #steps = new Map<string, readonly Step[]>();

  constructor(model: AuthorizationModel) {
    this.#model = model;
    for (const { type, relations } of model.type_definitions) {
      for (const [relation, rewrite] of Object.entries(relations ?? {})) {
        this.#rewrites.set(nameOf(type, relation), rewrite);
      }
    }
    for (const [name, rewrite] of this.#rewrites) this.#steps.set(name, [...this.#stepsOf(name, rewrite, false)]);
  }

  warnings(): ModelWarning[] {
    return [...this.#rewrites].flatMap(([name, rewrite]) => {
      const [type, relation] = partsOf(name);
      const found: [LintRule, string][] = [
        ...this.#missingTargets(type, rewrite),
        ...this.#guardedCycle(name),
        ...this.#exclusion(name, rewrite),
        ...this.#usersets(type, relation),
      ];
      return found.map(([rule, message]) => ({ rule, type, relation, message }));
    });
  }

  *#missingTargets(type: string, rewrite: Rewrite): Iterable<[LintRule, string]> {
    if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      for (const parent of this.#admitted(type, tupleset.relation)) {
        if (this.#rewrites.has(nameOf(parent.type, computedUserset.relation))) continue;
        const way = `\`${computedUserset.relation} from ${tupleset.relation}\``;
        yield [
          'tupleset-target-missing',
          `${way}: the type \`${parent.type}\` has no relation \`${computedUserset.relation}\``,
        ];
      }
    }
    for (const child of childrenOf(rewrite)) yield* this.#missingTargets(type, child);
  }

  *#guardedCycle(name: string): Iterable<[LintRule, string]> {
    for (const { to, guarded } of this.#steps.get(name)!) {
      if (!guarded || !this.#reachable(to).has(name)) continue;
      yield ['cycle-through-operator', `it leads back to itself by \`${to}\`, below an \`and\` or a \`but not\``];
      return;
    }
  }

  *#exclusion(name: string, rewrite: Rewrite): Iterable<[LintRule, string]> {
    if (!hasExclusion(rewrite)) return;
    for (const reached of this.#reachable(name)) {
      const other = this.#admitted(...partsOf(reached)).find(({ relation, wildcard }) => relation ?? wildcard);
      if (other === undefined) continue;
      const written = other.relation === undefined ? `${other.type}:*` : nameOf(other.type, other.relation);
      yield [
        'userset-with-exclusion',
        `it has a \`but not\`, and \`${written}\` may be a user of \`${reached}\`: asked with such a user, it will be an error`,
      ];
      return;
    }
  }

  *#usersets(type: string, relation: string): Iterable<[LintRule, string]> {
    for (const reference of this.#admitted(type, relation)) {
      if (reference.relation === undefined) continue;
      const userset = nameOf(reference.type, reference.relation);
      const alias = this.#rewrites.get(userset);
      if (alias !== undefined && 'computedUserset' in alias) {
        const other = nameOf(reference.type, alias.computedUserset.relation);
        yield ['alias-userset', `\`${userset}\` only stands for \`${other}\`: asked with that, it will be no`];
      }
      if (userset === nameOf(type, relation)) {
        yield ['self-referential-userset', `\`${userset}\` of an object will be in itself only where a tuple says so`];
      }
    }
  }

  #admitted(type: string, relation: string): readonly RelationReference[] {
    return restrictionsOf(this.#model, type, relation);
  }

  *#stepsOf(name: string, rewrite: Rewrite, guarded: boolean): Iterable<Step> {
    const [type, relation] = partsOf(name);
    if ('this' in rewrite) {
      for (const reference of this.#admitted(type, relation)) {
        if (reference.relation !== undefined) yield { to: nameOf(reference.type, reference.relation), guarded };
      }
    } else if ('computedUserset' in rewrite) {
      yield { to: nameOf(type, rewrite.computedUserset.relation), guarded };
    } else if ('tupleToUserset' in rewrite) {
      const { tupleset, computedUserset } = rewrite.tupleToUserset;
      for (const parent of this.#admitted(type, tupleset.relation)) {
        yield { to: nameOf(parent.type, computedUserset.relation), guarded };
      }
    }
    const below = guarded || 'intersection' in rewrite || 'difference' in rewrite;
    for (const child of childrenOf(rewrite)) yield* this.#stepsOf(name, child, below);
  }

  /** A relation and all that it may ask for. */
  #reachable(name: string): ReadonlySet<string> {
    const reached = new Set([name]);
    for (const next of reached) for (const { to } of this.#steps.get(next) ?? []) reached.add(to);
    return reached;
  }
}

function hasExclusion(rewrite: Rewrite): boolean {
  return 'difference' in rewrite || childrenOf(rewrite).some(hasExclusion);
}

function nameOf(type: string, relation: string): string {
  return `${type}#${relation}`;
}

function partsOf(name: string): [type: string, relation: string] {
  return name.split('#') as [string, string];
}
