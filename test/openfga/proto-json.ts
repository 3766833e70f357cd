/** Fields that are free-form JSON. */
const STRUCTS = new Set(['context']);
/** Fields whose JSON names are not their names in the protos. */
const RENAMED: Readonly<Record<string, string>> = {
  computedUserset: 'computed_userset',
  tupleToUserset: 'tuple_to_userset',
};
const RENAMED_BACK: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(RENAMED).map(([json, proto]) => [proto, json]),
);
/** Maps by names that are the model's own. A reflected definition says of a map only that it is a list of entries. */
const MAPS = new Set(['relations', 'conditions', 'parameters']);

/** The JSON form of a request as proto-loader takes it: contexts as Struct, names as in the protos. Written apart from the server's own. */
export function toProto(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => toProto(each));
  if (typeof value !== 'object' || value === null) return value;
  if (STRUCTS.has(name)) return structOf(value as Record<string, unknown>);
  if (MAPS.has(name)) return Object.entries(value).map(([key, each]) => ({ key, value: toProto(each) }));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [RENAMED[key] ?? key, toProto(each, key)]));
}

function structOf(value: Record<string, unknown>): unknown {
  return { fields: Object.entries(value).map(([key, each]) => ({ key, value: valueOf(each) })) };
}

function valueOf(value: unknown): unknown {
  if (value === null) return { null_value: 'NULL_VALUE' };
  if (typeof value === 'number') return { number_value: value };
  if (typeof value === 'string') return { string_value: value };
  if (typeof value === 'boolean') return { bool_value: value };
  if (Array.isArray(value)) return { list_value: { values: value.map(valueOf) } };
  return { struct_value: structOf(value as Record<string, unknown>) };
}

/** An answer of proto-loader in JSON form: absent messages left out, names as in JSON. Contexts are left as they are. */
export function fromProto(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromProto);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [RENAMED_BACK[key] ?? key, fromProto(each)]),
  );
}
