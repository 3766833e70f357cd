import type {
  AuthorizationModel,
  ConditionDefinition,
  ConditionParameter,
  RelationReference,
  Rewrite,
  TypeDefinition,
} from '../../domain/relation/model.ts';
import type { JsonMessage } from './json-message.ts';

/**
 * The model of a request as the engine has it: what the engine reads is there, though it was sent with its default; what it does not read, such as
 * modules and their files, is kept as it was sent.
 */
export function modelFromMessage(request: JsonMessage): AuthorizationModel {
  const { schema_version: schemaVersion = '', type_definitions: types = [], conditions } = request;
  return {
    schema_version: schemaVersion as string,
    type_definitions: (types as readonly JsonMessage[]).map(typeFromMessage),
    ...(conditions !== undefined && { conditions: mapOf(conditions, conditionFromMessage) }),
  };
}

function mapOf<T>(map: unknown, convert: (value: JsonMessage) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(map as JsonMessage).map(([key, value]) => [key, convert(value as JsonMessage)]),
  );
}

function typeFromMessage(definition: JsonMessage): TypeDefinition {
  const { type = '', relations, metadata, ...rest } = definition;
  return {
    ...rest,
    type: type as string,
    ...(relations !== undefined && { relations: mapOf(relations, rewriteFromMessage) }),
    ...(metadata !== undefined && { metadata: metadataFromMessage(metadata as JsonMessage) }),
  };
}

function metadataFromMessage({ relations, ...rest }: JsonMessage): NonNullable<TypeDefinition['metadata']> {
  if (relations === undefined) return rest;
  return {
    ...rest,
    relations: mapOf(relations, ({ directly_related_user_types: references = [], ...facts }) => ({
      ...facts,
      directly_related_user_types: (references as readonly JsonMessage[]).map(referenceFromMessage),
    })),
  };
}

/** Without a relation whose name is empty: proto3 has no other word for none. */
function referenceFromMessage({ relation, ...reference }: JsonMessage): RelationReference {
  const named = relation === undefined || relation === '' ? reference : { ...reference, relation };
  const whole: unknown = { type: '', ...named };
  return whole as RelationReference;
}

function rewriteFromMessage(userset: JsonMessage): Rewrite {
  const [kind, value] = Object.entries(userset)[0] ?? [];
  const inner = (value ?? {}) as JsonMessage;
  switch (kind) {
    case 'computedUserset':
      return { computedUserset: { relation: '', ...inner } };
    case 'tupleToUserset':
      return {
        tupleToUserset: {
          tupleset: { relation: '', ...(inner['tupleset'] as object) },
          computedUserset: { relation: '', ...(inner['computedUserset'] as object) },
        },
      };
    case 'union':
      return { union: { child: childrenOf(inner) } };
    case 'intersection':
      return { intersection: { child: childrenOf(inner) } };
    case 'difference':
      return {
        difference: {
          base: rewriteFromMessage(inner['base'] as JsonMessage),
          subtract: rewriteFromMessage(inner['subtract'] as JsonMessage),
        },
      };
    default:
      // `this`, or nothing at all, which the model's own checks refuse.
      return userset as unknown as Rewrite;
  }
}

const childrenOf = ({ child = [] }: JsonMessage): Rewrite[] =>
  (child as readonly JsonMessage[]).map(rewriteFromMessage);

function conditionFromMessage({ name = '', expression = '', parameters, ...rest }: JsonMessage): ConditionDefinition {
  return {
    ...rest,
    name: name as string,
    expression: expression as string,
    ...(parameters !== undefined && { parameters: mapOf(parameters, parameterFromMessage) }),
  };
}

function parameterFromMessage({
  type_name: typeName,
  generic_types: generics,
  ...rest
}: JsonMessage): ConditionParameter {
  return {
    ...rest,
    type_name: typeof typeName === 'string' ? typeName : 'TYPE_NAME_UNSPECIFIED',
    ...(generics !== undefined && { generic_types: (generics as readonly JsonMessage[]).map(parameterFromMessage) }),
  };
}
