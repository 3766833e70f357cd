import { structFromWire, structToWire, timestampFromWire, timestampToWire } from '../grpc/json-form.ts';
import type { Field, FieldType } from './message-shape.ts';
import { enumName, type JsonMessage } from './json-message.ts';
import { shapeOf } from './messages.ts';

/** A message as the proto loader gives or takes it. */
type Decoded = Readonly<Record<string, unknown>>;

/** How one message differs between the two forms; compiled once. */
interface Conversion {
  /** Fields that stay as they are, by the same name. */
  readonly plain: readonly string[];
  readonly converted: readonly { readonly jsonName: string; readonly wireName: string; readonly field: Field }[];
}

const conversions = new Map<string, Conversion>();

function conversionOf(name: string): Conversion {
  const known = conversions.get(name);
  if (known) return known;
  const fields = Object.entries(shapeOf(name)).map(([jsonName, field]) => ({
    jsonName,
    wireName: field.protoName ?? jsonName,
    field,
  }));
  const isPlain = ({ field }: { field: Field }) =>
    field.label !== 'oneof' && (field.type.kind === 'string' || field.type.kind === 'bool');
  const conversion = {
    plain: fields.filter(isPlain).map(({ jsonName }) => jsonName),
    converted: fields.filter((field) => !isPlain(field)),
  };
  conversions.set(name, conversion);
  return conversion;
}

/** The JSON form of a decoded message. Throws Fault INVALID_ARGUMENT for times out of range, and for a Struct that nests too deep. */
export function fromWire(name: string, decoded: Decoded): JsonMessage {
  const { plain, converted } = conversionOf(name);
  const message: Record<string, unknown> = {};
  for (const key of plain) {
    const value = decoded[key];
    if (value !== undefined && value !== '' && value !== false) message[key] = value;
  }
  for (const { jsonName, wireName, field } of converted) {
    const value = decoded[wireName];
    if (value === undefined) continue;
    const read = each(field, value, (item) => valueFromWire(jsonName, field.type, item));
    if (read !== undefined) message[jsonName] = read;
  }
  return message;
}

/** What the proto loader encodes. */
export function toWire(name: string, message: JsonMessage): Decoded {
  const { plain, converted } = conversionOf(name);
  const wire: Record<string, unknown> = {};
  for (const key of plain) if (message[key] !== undefined) wire[key] = message[key];
  for (const { jsonName, wireName, field } of converted) {
    const value = message[jsonName] ?? undefined;
    if (value !== undefined) wire[wireName] = each(field, value, (item) => valueToWire(field.type, item));
  }
  return wire;
}

/** Converts the value of a field, each item of a list, each entry of a map. */
function each({ label }: Field, value: unknown, convert: (item: unknown) => unknown): unknown {
  switch (label) {
    case 'single':
    case 'oneof':
      return convert(value);
    case 'list':
      return (value as readonly unknown[]).map(convert);
    case 'map':
      return Object.fromEntries(Object.entries(value as Decoded).map(([key, item]) => [key, convert(item)]));
    default:
      return label satisfies never;
  }
}

function valueFromWire(name: string, type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
    case 'bool':
      return value;
    case 'struct':
      return structFromWire(value as Parameters<typeof structFromWire>[0], name, 1);
    case 'timestamp':
      return timestampFromWire(value, name);
    case 'int32-value':
      return (value as { readonly value?: number }).value ?? 0;
    case 'enum':
      return enumName(type.values, typeof value === 'number' ? value : (type.values[value as string] ?? 0));
    case 'message':
      return fromWire(type.message, value as Decoded);
    default:
      return type satisfies never;
  }
}

function valueToWire(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
    case 'bool':
    case 'enum':
      return value;
    case 'struct':
      return structToWire(value as Record<string, unknown>);
    case 'timestamp':
      return timestampToWire(value);
    case 'int32-value':
      return { value };
    case 'message':
      return toWire(type.message, value as JsonMessage);
    default:
      return type satisfies never;
  }
}
