import { isRfc3339 } from '../../domain/rfc3339.ts';
import { OpenFgaError } from '../../services/openfga/openfga-error.ts';
import type { Field, FieldType } from './message-shape.ts';
import { shapeOf } from './messages.ts';

/**
 * A message in JSON form: fields by their JSON names, absent where they have their default (an empty text, list or map, zero, false), an embedded
 * message there where it was sent; a Struct as a plain object, a time as RFC 3339, a wrapped integer as a number.
 */
export type JsonMessage = Readonly<Record<string, unknown>>;

/**
 * Reads parsed JSON as protobuf's JSON mapping does: unknown fields and unknown names of an enum are passed over, `null` is an absent field,
 * a field may come by its JSON name or that of the .proto. Throws validation_error for a value of another type.
 */
export function fromJson(name: string, value: unknown): JsonMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(value);
  const shape = shapeOf(name);
  const fields: [string, unknown][] = [];
  let chosen: string | undefined;
  for (const [key, given] of Object.entries(value)) {
    const jsonName = Object.hasOwn(shape, key) ? key : byProtoName(name, key);
    if (jsonName === undefined || given === null) continue;
    const field = shape[jsonName]!;
    if (field.label === 'oneof') {
      if (chosen !== undefined) throw twice(name, key);
      chosen = jsonName;
    }
    const read = fieldFromJson(jsonName, field, given);
    if (read !== undefined) fields.push([jsonName, read]);
  }
  return Object.fromEntries(fields);
}

function byProtoName(name: string, key: string): string | undefined {
  const shape = shapeOf(name);
  return Object.keys(shape).find((jsonName) => shape[jsonName]!.protoName === key);
}

function fieldFromJson(name: string, { label, type }: Field, value: unknown): unknown {
  switch (label) {
    case 'single':
      return withoutDefault(valueFromJson(name, type, value));
    case 'oneof':
      return valueFromJson(name, type, value);
    case 'list': {
      if (!Array.isArray(value)) throw unexpected(value);
      return value.length === 0 ? undefined : value.map((item) => valueFromJson(name, type, item));
    }
    case 'map': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(value);
      const entries = Object.entries(value);
      if (entries.length === 0) return undefined;
      return Object.fromEntries(entries.map(([key, item]) => [key, valueFromJson(name, type, item)]));
    }
    default:
      return label satisfies never;
  }
}

const withoutDefault = (value: unknown): unknown => (value === '' || value === false ? undefined : value);

function valueFromJson(name: string, type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
      if (typeof value === 'string') return value;
      throw invalid('string', name, value);
    case 'bool':
      if (typeof value === 'boolean') return value;
      throw invalid('bool', name, value);
    case 'struct':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(value);
      return value;
    case 'timestamp':
      return timeFromJson(name, value);
    case 'int32-value': {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < 2 ** 31) return number;
      throw invalid('int32', 'value', value);
    }
    case 'enum': {
      if (typeof value === 'number' && Number.isInteger(value)) return enumName(type.values, value);
      if (typeof value !== 'string') throw invalid('enum', name, value);
      return Object.hasOwn(type.values, value) && type.values[value] !== 0 ? value : undefined;
    }
    case 'message':
      return fromJson(type.message, value);
    default:
      return type satisfies never;
  }
}

/** The name of a number; one without a name stays a number, the default is absent. */
export function enumName(values: Readonly<Record<string, number>>, number: number): string | number | undefined {
  if (number === 0) return undefined;
  return Object.keys(values).find((name) => values[name] === number) ?? number;
}

function timeFromJson(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isRfc3339(value)) throw invalid('google.protobuf.Timestamp', name, value);
  return new Date(value).toISOString();
}

/** As OpenFGA prints a message: every field, with its default where it is absent; of a oneof only the field that is there. */
export function toJson(name: string, message: JsonMessage): Record<string, unknown> {
  const shape = shapeOf(name);
  const printed: Record<string, unknown> = {};
  for (const key in shape) {
    const field = shape[key]!;
    // A model that came from the DSL has nulls where a message is absent.
    const value = message[key] ?? undefined;
    if (value !== undefined) printed[key] = fieldToJson(field, value);
    else if (field.label !== 'oneof') printed[key] = defaultOf(field);
  }
  return printed;
}

function fieldToJson({ label, type }: Field, value: unknown): unknown {
  if (type.kind !== 'message') return value;
  switch (label) {
    case 'single':
    case 'oneof':
      return toJson(type.message, value as JsonMessage);
    case 'list':
      return (value as readonly JsonMessage[]).map((item) => toJson(type.message, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as JsonMessage).map(([key, item]) => [key, toJson(type.message, item as JsonMessage)]),
      );
    default:
      return label satisfies never;
  }
}

function defaultOf({ label, type }: Field): unknown {
  if (label === 'list') return [];
  if (label === 'map') return {};
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'enum':
      return enumDefault(type.values);
    case 'struct':
    case 'timestamp':
    case 'int32-value':
    case 'message':
      return null;
    default:
      return type satisfies never;
  }
}

const enumDefault = (values: Readonly<Record<string, number>>): string | undefined =>
  Object.keys(values).find((name) => values[name] === 0);

/** A value of a caller as a message quotes it. */
const quoted = (value: unknown): string => (JSON.stringify(value) ?? '').slice(0, 80);

function invalid(type: string, name: string, value: unknown): OpenFgaError {
  return new OpenFgaError('validation_error', `invalid value for ${type} field ${name}: ${quoted(value)}`);
}

function unexpected(value: unknown): OpenFgaError {
  const token = Array.isArray(value) ? '[' : typeof value === 'object' && value !== null ? '{' : quoted(value);
  return new OpenFgaError('validation_error', `syntax error: unexpected token ${token}`);
}

function twice(name: string, key: string): OpenFgaError {
  return new OpenFgaError('validation_error', `error parsing "${key}", a oneof of openfga.v1.${name} is already set`);
}
