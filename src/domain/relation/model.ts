/** An OpenFGA authorization model in its JSON form (schema 1.1 and 1.2): type definitions, rewrites and conditions. */
export interface AuthorizationModel {
  readonly schema_version: string;
  readonly type_definitions: readonly TypeDefinition[];
  readonly conditions?: Readonly<Record<string, ConditionDefinition>>;
}

export interface TypeDefinition {
  readonly type: string;
  readonly relations?: Readonly<Record<string, Rewrite>>;
  readonly metadata?: {
    readonly relations?: Readonly<
      Record<string, { readonly directly_related_user_types?: readonly RelationReference[] }>
    >;
  };
}

/** One entry of a type restriction: `user`, `user:*`, `team#member`, each perhaps `with` a condition. */
export interface RelationReference {
  readonly type: string;
  readonly relation?: string;
  readonly wildcard?: Readonly<Record<string, never>>;
  readonly condition?: string;
}

export type Rewrite =
  | { readonly this: Readonly<Record<string, never>> }
  | { readonly computedUserset: { readonly object?: string; readonly relation: string } }
  | {
      readonly tupleToUserset: {
        readonly tupleset: { readonly object?: string; readonly relation: string };
        readonly computedUserset: { readonly object?: string; readonly relation: string };
      };
    }
  | { readonly union: { readonly child: readonly Rewrite[] } }
  | { readonly intersection: { readonly child: readonly Rewrite[] } }
  | { readonly difference: { readonly base: Rewrite; readonly subtract: Rewrite } };

export interface ConditionDefinition {
  readonly name: string;
  readonly expression: string;
  readonly parameters?: Readonly<Record<string, ConditionParameter>>;
}

export interface ConditionParameter {
  readonly type_name: string;
  readonly generic_types?: readonly ConditionParameter[];
}
