import { Fault } from '../../domain/errors.ts';
import { NESTING_MAX } from '../request-check.ts';

/** A message as the proto loader gives or takes it, and the same in JSON form. */
type Message = Record<string, unknown>;

interface FieldDescriptor {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly typeName: string;
  /** Declared `optional`: sent with its default value it is there, and says so. */
  readonly hasPresence?: boolean;
}

/** The part of a loaded proto package that converters are compiled from: full message name -> its fields. */
export type MessageFields = (fullName: string) => readonly FieldDescriptor[] | undefined;

/**
 * Between the proto loader's object and the JSON form of a message, where the two differ: google.protobuf.Timestamp is an
 * RFC 3339 string with milliseconds, google.protobuf.Struct a plain object, and a scalar without presence that was sent with
 * its default value is absent, as proto3 knows no difference. `undefined` stands for "they do not differ".
 */
export interface JsonForm {
  /**
   * Changes the message in place. `level` is its own JSON nesting, 1 for a request. Throws INVALID_ARGUMENT for times out
   * of range and for more than NESTING_MAX levels.
   */
  readonly fromWire: ((message: Message, level: number) => void) | undefined;
  /** Leaves its argument as it is. */
  readonly toWire: ((answer: Message) => Message) | undefined;
}

interface FieldForm {
  fromWire(value: unknown, field: string, level: number): unknown;
  toWire(value: unknown): unknown;
}

const TIMESTAMP: FieldForm = { fromWire: timestampFromWire, toWire: timestampToWire };
const STRUCT: FieldForm = {
  fromWire: (value, field, level) => structFromWire(value as WireStruct, field, level),
  toWire: (value) => structToWire(value as Message),
};

/** Compiles converters, one a message, each once; messages may contain themselves. */
export function jsonFormCompiler(fieldsOf: MessageFields): (fullName: string) => JsonForm {
  const compiled = new Map<string, JsonForm>();

  return function formOf(fullName: string): JsonForm {
    const known = compiled.get(fullName);
    if (known) return known;
    const scalars: string[] = [];
    const fields = new Map<string, FieldForm>();
    const descriptors = fieldsOf(fullName) ?? [];
    const form: JsonForm = {
      fromWire:
        descriptors.length === 0 ? undefined : (message, level) => convertFromWire(message, level, scalars, fields),
      toWire: holdsConverted(fullName, fieldsOf) ? (answer) => convertToWire(answer, fields) : undefined,
    };
    // Known before its fields are compiled, so that a message within itself finds it.
    compiled.set(fullName, form);
    for (const field of descriptors) {
      if (field.type === 'TYPE_MESSAGE') {
        const converter = fieldForm(resolve(field.typeName, fullName, fieldsOf), formOf);
        fields.set(field.name, field.label === 'LABEL_REPEATED' ? repeated(converter) : converter);
      } else if (field.label !== 'LABEL_REPEATED' && field.hasPresence !== true) {
        scalars.push(field.name);
      }
    }
    return form;
  };
}

function convertFromWire(
  message: Message,
  level: number,
  scalars: readonly string[],
  fields: ReadonlyMap<string, FieldForm>,
): void {
  for (const name of scalars) {
    const value = message[name];
    if (value === '' || value === 0 || value === false) message[name] = undefined;
  }
  for (const [name, field] of fields) {
    if (message[name] !== undefined) message[name] = field.fromWire(message[name], name, level + 1);
  }
}

function convertToWire(answer: Message, fields: ReadonlyMap<string, FieldForm>): Message {
  let message = answer;
  for (const [name, field] of fields) {
    const value = answer[name];
    if (value === undefined || value === null) continue;
    if (message === answer) message = { ...answer };
    message[name] = field.toWire(value);
  }
  return message;
}

function fieldForm(fullName: string, formOf: (fullName: string) => JsonForm): FieldForm {
  if (fullName === 'google.protobuf.Timestamp') return TIMESTAMP;
  if (fullName === 'google.protobuf.Struct') return STRUCT;
  const { fromWire, toWire } = formOf(fullName);
  return {
    fromWire(value, _field, level) {
      fromWire?.(value as Message, level);
      return value;
    },
    toWire: (value) => (toWire ? toWire(value as Message) : value),
  };
}

function repeated(form: FieldForm): FieldForm {
  return {
    fromWire: (value, field, level) => (value as unknown[]).map((item) => form.fromWire(item, field, level + 1)),
    toWire: (value) => (value as unknown[]).map((item) => form.toWire(item)),
  };
}

/** Whether a Timestamp or a Struct is anywhere below. */
function holdsConverted(fullName: string, fieldsOf: MessageFields, seen = new Set<string>()): boolean {
  if (fullName === 'google.protobuf.Timestamp' || fullName === 'google.protobuf.Struct') return true;
  if (seen.has(fullName)) return false;
  seen.add(fullName);
  return (fieldsOf(fullName) ?? []).some(
    (field) =>
      field.type === 'TYPE_MESSAGE' && holdsConverted(resolve(field.typeName, fullName, fieldsOf), fieldsOf, seen),
  );
}

/** A type name as a descriptor has it (full, or relative to the package of the message that uses it) as a full name. */
function resolve(typeName: string, within: string, fieldsOf: MessageFields): string {
  const bare = typeName.startsWith('.') ? typeName.slice(1) : typeName;
  const sibling = `${within.slice(0, within.lastIndexOf('.'))}.${bare}`;
  return fieldsOf(sibling) ? sibling : bare;
}

/** Years 1 to 9999, as google.protobuf.Timestamp defines. */
const SECONDS_MIN = -62_135_596_800;
const SECONDS_MAX = 253_402_300_799;

export function timestampFromWire(value: unknown, field: string): string {
  const { seconds = 0, nanos = 0 } = value as { seconds?: number; nanos?: number };
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos > 999_999_999) {
    throw new Fault('INVALID_ARGUMENT', `${field}: a time from year 1 to 9999`, {
      field,
      rule: 'a time from year 1 to 9999',
    });
  }
  return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
}

export function timestampToWire(value: unknown): { seconds: number; nanos: number } {
  const ms = Date.parse(String(value));
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1e6 };
}

export interface WireStruct {
  readonly fields?: Readonly<Record<string, WireValue>>;
}

interface WireValue {
  readonly nullValue?: unknown;
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: WireStruct;
  readonly listValue?: { readonly values?: readonly WireValue[] };
}

export function structFromWire(struct: WireStruct, field: string, level: number): Message {
  if (level > NESTING_MAX) throw tooDeep(field);
  const plain: Message = {};
  for (const [name, value] of Object.entries(struct.fields ?? {})) {
    // A plain assignment to `__proto__` would set the prototype.
    Object.defineProperty(plain, name, {
      value: valueFromWire(value, field, level + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return plain;
}

function valueFromWire(value: WireValue, field: string, level: number): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.numberValue !== undefined) return value.numberValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.structValue !== undefined) return structFromWire(value.structValue, field, level);
  if (value.listValue === undefined) return null;
  if (level > NESTING_MAX) throw tooDeep(field);
  return (value.listValue.values ?? []).map((item) => valueFromWire(item, field, level + 1));
}

function tooDeep(field: string): Fault {
  const rule = `nested at most ${NESTING_MAX} levels`;
  return new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
}

export function structToWire(plain: Message): { fields: Record<string, unknown> } {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(plain)) {
    if (value !== undefined) fields[name] = valueToWire(value);
  }
  return { fields };
}

function valueToWire(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'object':
      if (value === null) return { nullValue: 0 };
      if (Array.isArray(value)) return { listValue: { values: value.map(valueToWire) } };
      return { structValue: structToWire(value as Message) };
    default:
      throw new Error(`no JSON value: ${typeof value}`);
  }
}
