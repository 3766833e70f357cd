import {
  bool,
  bytes,
  count,
  items,
  list,
  map,
  message,
  named,
  oneof,
  pattern,
  patternUnlessEmpty,
  REQUIRED,
  struct,
  text,
  timestamp,
  word,
  type MessageShape,
} from './message-shape.ts';

const ULID = '^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$';
const TYPE = String.raw`^[^:#@\s]{1,254}$`;
const RELATION = String.raw`^[^:#@\s]{1,50}$`;
const OBJECT = String.raw`^[^\s]{2,256}$`;
const ASKED_USER = String.raw`^[^\s]{2,512}$`;
const OBJECT_ID = String.raw`[^#:\s]+$`;
const STORE_NAME = String.raw`^[a-zA-Z0-9\s\.\-\/^_&@]{3,64}$`;
const TOKEN = '^$|^[A-Za-z0-9-_]+={0,2}$';
/** The name of a condition, a parameter or a module. */
const NAME = RELATION;
const ITEMS_MAX = Number.MAX_SAFE_INTEGER;

const CONSISTENCY = { UNSPECIFIED: 0, MINIMIZE_LATENCY: 100, HIGHER_CONSISTENCY: 200 };
const TYPE_NAMES = Object.fromEntries(
  'UNSPECIFIED ANY BOOL STRING INT UINT DOUBLE DURATION TIMESTAMP MAP LIST IPADDRESS'
    .split(' ')
    .map((name, number) => [`TYPE_NAME_${name}`, number]),
);
const OPERATIONS = { TUPLE_OPERATION_WRITE: 0, TUPLE_OPERATION_DELETE: 1 };

const storeId = text(pattern(ULID));
const modelId = text(patternUnlessEmpty(ULID));
const consistency = word(CONSISTENCY);
const pageSize = count(1, 100);
const continuationToken = text(bytes(0, 5120), pattern(TOKEN));
const contextualTuples = message('ContextualTupleKeys');
const storeFields = { id: text(), name: text(), created_at: timestamp(), updated_at: timestamp() };
const listObjects: MessageShape = {
  store_id: storeId,
  authorization_model_id: modelId,
  type: text(pattern(TYPE)),
  relation: text(pattern(RELATION)),
  user: text(bytes(1, 512)),
  contextual_tuples: contextualTuples,
  context: struct(),
  consistency,
};
const conditions = map(message('Condition'), pattern(NAME), items(0, 25));

/** Tuples, users and what is said of them. */
const RELATIONSHIPS: Readonly<Record<string, MessageShape>> = {
  Object: { type: text(pattern(TYPE)), id: text(pattern(OBJECT_ID)) },
  User: {
    object: oneof(message('Object')),
    userset: oneof(message('UsersetUser')),
    wildcard: oneof(message('TypedWildcard')),
  },
  UsersetUser: { type: text(), id: text(), relation: text() },
  TypedWildcard: { type: text() },
  UserTypeFilter: { type: text(pattern(TYPE)), relation: text(patternUnlessEmpty(RELATION)) },
  RelationshipCondition: { name: text(pattern(String.raw`^[^\s]{2,256}$`)), context: struct() },
  TupleKeyWithoutCondition: {
    user: text(bytes(0, 512)),
    relation: text(patternUnlessEmpty(RELATION)),
    object: text(patternUnlessEmpty(OBJECT)),
  },
  TupleKey: {
    user: text(bytes(0, 512)),
    relation: text(patternUnlessEmpty(RELATION)),
    object: text(patternUnlessEmpty(OBJECT)),
    condition: message('RelationshipCondition'),
  },
  Tuple: { key: message('TupleKey'), timestamp: timestamp() },
  ContextualTupleKeys: { tuple_keys: list(message('TupleKey'), items(0, 100)) },
  TupleChange: { tuple_key: message('TupleKey'), operation: word(OPERATIONS), timestamp: timestamp() },
  Store: { ...storeFields, deleted_at: timestamp() },
  UsersetTree: { root: message('UsersetTree.Node') },
  'UsersetTree.Leaf': {
    users: oneof(message('UsersetTree.Users')),
    computed: oneof(message('UsersetTree.Computed')),
    tupleToUserset: named('tuple_to_userset', oneof(message('UsersetTree.TupleToUserset'))),
  },
  'UsersetTree.Nodes': { nodes: list(message('UsersetTree.Node')) },
  'UsersetTree.Users': { users: list(text()) },
  'UsersetTree.Computed': { userset: text() },
  'UsersetTree.TupleToUserset': { tupleset: text(), computed: list(message('UsersetTree.Computed')) },
  'UsersetTree.Difference': { base: message('UsersetTree.Node'), subtract: message('UsersetTree.Node') },
  'UsersetTree.Node': {
    name: text(),
    leaf: oneof(message('UsersetTree.Leaf')),
    difference: oneof(message('UsersetTree.Difference')),
    union: oneof(message('UsersetTree.Nodes')),
    intersection: oneof(message('UsersetTree.Nodes')),
  },
};

const MODELS: Readonly<Record<string, MessageShape>> = {
  AuthorizationModel: {
    id: text(),
    schema_version: text(),
    type_definitions: list(message('TypeDefinition')),
    conditions,
  },
  TypeDefinition: {
    type: text(pattern(TYPE)),
    relations: map(message('Userset'), pattern(RELATION)),
    metadata: message('Metadata'),
  },
  Metadata: {
    relations: map(message('RelationMetadata'), undefined),
    module: text(patternUnlessEmpty(NAME)),
    source_info: message('SourceInfo'),
  },
  SourceInfo: { file: text(patternUnlessEmpty(String.raw`^[a-zA-Z0-9_\-\/]{1,100}\.fga$`)) },
  RelationMetadata: {
    directly_related_user_types: list(message('RelationReference')),
    module: text(patternUnlessEmpty(NAME)),
    source_info: message('SourceInfo'),
  },
  RelationReference: {
    type: text(pattern(TYPE)),
    condition: text(patternUnlessEmpty(NAME)),
    relation: oneof(text(patternUnlessEmpty(RELATION))),
    wildcard: oneof(message('Wildcard')),
  },
  Wildcard: {},
  Userset: {
    this: oneof(message('DirectUserset')),
    computedUserset: named('computed_userset', oneof(message('ObjectRelation'))),
    tupleToUserset: named('tuple_to_userset', oneof(message('TupleToUserset'))),
    union: oneof(message('Usersets')),
    intersection: oneof(message('Usersets')),
    difference: oneof(message('Difference')),
  },
  DirectUserset: {},
  Usersets: { child: list(message('Userset')) },
  Difference: { base: message('Userset', REQUIRED), subtract: message('Userset', REQUIRED) },
  ObjectRelation: { object: text(bytes(0, 256)), relation: text(bytes(0, 50)) },
  TupleToUserset: {
    tupleset: message('ObjectRelation', REQUIRED),
    computedUserset: named('computed_userset', message('ObjectRelation', REQUIRED)),
  },
  Condition: {
    name: text(pattern(NAME)),
    expression: text(bytes(0, 512)),
    parameters: map(message('ConditionParamTypeRef'), pattern(NAME), items(0, 25)),
    metadata: message('ConditionMetadata'),
  },
  ConditionMetadata: { module: text(patternUnlessEmpty(NAME)), source_info: message('SourceInfo') },
  ConditionParamTypeRef: {
    type_name: word(TYPE_NAMES),
    generic_types: list(message('ConditionParamTypeRef'), items(0, 5)),
  },
};

const REQUESTS: Readonly<Record<string, MessageShape>> = {
  ListObjectsRequest: listObjects,
  StreamedListObjectsRequest: listObjects,
  ListUsersRequest: {
    store_id: storeId,
    authorization_model_id: modelId,
    object: message('Object', REQUIRED),
    relation: text(pattern(RELATION)),
    user_filters: list(message('UserTypeFilter'), items(1, 1)),
    contextual_tuples: list(message('TupleKey'), items(0, 100)),
    context: struct(),
    consistency,
  },
  ReadRequest: {
    store_id: storeId,
    tuple_key: message('ReadRequestTupleKey'),
    page_size: pageSize,
    continuation_token: continuationToken,
    consistency,
  },
  ReadRequestTupleKey: {
    user: text(bytes(0, 512), patternUnlessEmpty(String.raw`^[^\s]{1,511}:[^\s]{1,511}$`)),
    relation: text(patternUnlessEmpty(RELATION)),
    object: text(patternUnlessEmpty(OBJECT)),
  },
  WriteRequest: {
    store_id: storeId,
    writes: message('WriteRequestWrites'),
    deletes: message('WriteRequestDeletes'),
    authorization_model_id: modelId,
  },
  WriteRequestWrites: { tuple_keys: list(message('TupleKey'), items(1, ITEMS_MAX)), on_duplicate: text() },
  WriteRequestDeletes: {
    tuple_keys: list(message('TupleKeyWithoutCondition'), items(1, ITEMS_MAX)),
    on_missing: text(),
  },
  CheckRequest: {
    store_id: storeId,
    tuple_key: message('CheckRequestTupleKey', REQUIRED),
    contextual_tuples: contextualTuples,
    authorization_model_id: modelId,
    trace: bool(),
    context: struct(),
    consistency,
  },
  CheckRequestTupleKey: {
    user: text(pattern(ASKED_USER)),
    relation: text(pattern(RELATION)),
    object: text(pattern(OBJECT)),
  },
  BatchCheckRequest: {
    store_id: storeId,
    checks: list(message('BatchCheckItem'), items(1, ITEMS_MAX)),
    authorization_model_id: modelId,
    consistency,
  },
  BatchCheckItem: {
    tuple_key: message('CheckRequestTupleKey', REQUIRED),
    contextual_tuples: contextualTuples,
    context: struct(),
    correlation_id: text(pattern(String.raw`^[\w\d-]{1,36}$`)),
  },
  ExpandRequest: {
    store_id: storeId,
    tuple_key: message('ExpandRequestTupleKey', REQUIRED),
    authorization_model_id: modelId,
    consistency,
    contextual_tuples: contextualTuples,
  },
  ExpandRequestTupleKey: {
    relation: text(patternUnlessEmpty(RELATION)),
    object: text(patternUnlessEmpty(OBJECT)),
  },
  ReadAuthorizationModelRequest: { store_id: storeId, id: text(pattern(ULID)) },
  WriteAuthorizationModelRequest: {
    store_id: storeId,
    type_definitions: list(message('TypeDefinition'), items(1, ITEMS_MAX)),
    schema_version: text({ kind: 'one-of', values: ['1.0', '1.1', '1.2'] }),
    conditions,
  },
  ReadAuthorizationModelsRequest: { store_id: storeId, page_size: pageSize, continuation_token: continuationToken },
  WriteAssertionsRequest: {
    store_id: storeId,
    authorization_model_id: text(pattern(ULID)),
    assertions: list(message('Assertion'), items(0, 100)),
  },
  ReadAssertionsRequest: { store_id: storeId, authorization_model_id: text(pattern(ULID)) },
  AssertionTupleKey: {
    object: text(pattern(OBJECT)),
    relation: text(pattern(RELATION)),
    user: text(pattern(ASKED_USER)),
  },
  Assertion: {
    tuple_key: message('AssertionTupleKey', REQUIRED),
    expectation: bool(),
    contextual_tuples: list(message('TupleKey'), items(0, 20)),
    context: struct(),
  },
  ReadChangesRequest: {
    store_id: storeId,
    type: text(patternUnlessEmpty(String.raw`^[^:#\s]{1,254}$`)),
    page_size: count(1, Infinity),
    continuation_token: continuationToken,
    start_time: timestamp({ kind: 'past' }),
  },
  CreateStoreRequest: { name: text(pattern(STORE_NAME)) },
  UpdateStoreRequest: { store_id: storeId, name: text(pattern(STORE_NAME)) },
  DeleteStoreRequest: { store_id: storeId },
  GetStoreRequest: { store_id: storeId },
  ListStoresRequest: {
    page_size: pageSize,
    continuation_token: continuationToken,
    name: text(patternUnlessEmpty(STORE_NAME)),
  },
};

const RESPONSES: Readonly<Record<string, MessageShape>> = {
  ListObjectsResponse: { objects: list(text()) },
  StreamedListObjectsResponse: { object: text() },
  ListUsersResponse: { users: list(message('User')) },
  ReadResponse: { tuples: list(message('Tuple')), continuation_token: text() },
  WriteResponse: {},
  CheckResponse: { allowed: bool(), resolution: text() },
  BatchCheckResponse: { result: map(message('BatchCheckSingleResult'), undefined) },
  BatchCheckSingleResult: { allowed: oneof(bool()), error: oneof(message('CheckError')) },
  // The two codes are enums in the .proto; a known name is all that is ever sent.
  CheckError: { input_error: oneof(text()), internal_error: oneof(text()), message: text() },
  ExpandResponse: { tree: message('UsersetTree') },
  ReadAuthorizationModelResponse: { authorization_model: message('AuthorizationModel') },
  WriteAuthorizationModelResponse: { authorization_model_id: text() },
  ReadAuthorizationModelsResponse: {
    authorization_models: list(message('AuthorizationModel')),
    continuation_token: text(),
  },
  WriteAssertionsResponse: {},
  ReadAssertionsResponse: { authorization_model_id: text(), assertions: list(message('Assertion')) },
  ReadChangesResponse: { changes: list(message('TupleChange')), continuation_token: text() },
  CreateStoreResponse: storeFields,
  UpdateStoreResponse: storeFields,
  DeleteStoreResponse: {},
  GetStoreResponse: { ...storeFields, deleted_at: timestamp() },
  ListStoresResponse: { stores: list(message('Store')), continuation_token: text() },
};

/** Every message of package openfga.v1, by its name there; fields by their JSON names, in the order of their declaration. */
export const MESSAGES: Readonly<Record<string, MessageShape>> = {
  ...RELATIONSHIPS,
  ...MODELS,
  ...REQUESTS,
  ...RESPONSES,
};

/** Throws for a name that no message has. */
export function shapeOf(name: string): MessageShape {
  const shape = MESSAGES[name];
  if (shape === undefined) throw new Error(`no message openfga.v1.${name}`);
  return shape;
}
