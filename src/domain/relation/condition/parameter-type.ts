import { CelScalar, celEnv, celUint, isCelError, parse, plan } from '@bufbuild/cel';
import type { CelInput } from '@bufbuild/cel';
import type { ConditionParameter } from '../model.ts';
import { canonicalIpAddress } from './ip-address.ts';
import { isRfc3339 } from '../../rfc3339.ts';

export type ScalarKind = 'any' | 'bool' | 'string' | 'int' | 'uint' | 'double' | 'duration' | 'timestamp' | 'ipaddress';

export type ParameterType =
  { readonly kind: ScalarKind } | { readonly kind: 'list' | 'map'; readonly element: ParameterType };

/** How deep lists and maps may lie in each other, in types and in values. */
export const NESTING_MAX = 20;
/** CEL's timestamps: years 1 to 9999, in epoch milliseconds. */
export const MILLIS_MIN = -62_135_596_800_000;
export const MILLIS_MAX = 253_402_300_799_999;

const SCALARS = new Set<string>([
  'any',
  'bool',
  'string',
  'int',
  'uint',
  'double',
  'duration',
  'timestamp',
  'ipaddress',
]);

/** The parameter type of its JSON form (`TYPE_NAME_INT`, with generic types); undefined where there is no such type. */
export function parseParameterType(parameter: ConditionParameter, depth = 0): ParameterType | undefined {
  const kind = /^TYPE_NAME_[A-Z]+$/.test(parameter.type_name) ? parameter.type_name.slice(10).toLowerCase() : '';
  const generics = parameter.generic_types ?? [];
  if (SCALARS.has(kind)) return { kind: kind as ScalarKind };
  if ((kind !== 'list' && kind !== 'map') || generics.length !== 1 || depth === NESTING_MAX) return undefined;
  const element = parseParameterType(generics[0]!, depth + 1);
  return element === undefined ? undefined : { kind, element };
}

const times = celEnv({ variables: { text: CelScalar.STRING } });
const timestampOf = plan(times, parse('timestamp(text)'));
const durationOf = plan(times, parse('duration(text)'));

/**
 * A value of a context as CEL sees it, converted as OpenFGA does: numbers and strings to the numeric types, RFC 3339 and Go durations from
 * strings. Epoch milliseconds are a timestamp, too. Undefined where the value is not of the type.
 */
export function convertValue(type: ParameterType, value: unknown, depth = 0): CelInput | undefined {
  switch (type.kind) {
    case 'any':
      return convertAny(value, depth);
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'int':
      return integerOf(value, -(2n ** 63n), 2n ** 63n - 1n);
    case 'uint': {
      const integer = integerOf(value, -1n, 2n ** 63n - 1n);
      return integer === undefined || integer < 0n ? undefined : celUint(integer);
    }
    case 'double':
      return doubleOf(value);
    case 'duration':
      return typeof value === 'string' && isDuration(value) ? sound(durationOf({ text: value })) : undefined;
    case 'timestamp':
      return timestampFrom(value);
    case 'ipaddress':
      return typeof value === 'string' ? canonicalIpAddress(value) : undefined;
    case 'list':
      if (!Array.isArray(value) || depth === NESTING_MAX) return undefined;
      return allOf(value.map((item) => convertValue(type.element, item, depth + 1)));
    case 'map':
      return convertMap(value, depth, (item) => convertValue(type.element, item, depth + 1));
    default:
      return type satisfies never;
  }
}

function convertAny(value: unknown, depth: number): CelInput | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (depth === NESTING_MAX) return undefined;
  if (Array.isArray(value)) return allOf(value.map((item) => convertAny(item, depth + 1)));
  return convertMap(value, depth, (item) => convertAny(item, depth + 1));
}

function convertMap(
  value: unknown,
  depth: number,
  convert: (item: unknown) => CelInput | undefined,
): CelInput | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth === NESTING_MAX) return undefined;
  const entries = new Map<string, CelInput>();
  for (const [key, item] of Object.entries(value)) {
    const converted = convert(item);
    if (converted === undefined) return undefined;
    entries.set(key, converted);
  }
  return entries;
}

function allOf(items: readonly (CelInput | undefined)[]): CelInput | undefined {
  return items.includes(undefined) ? undefined : (items as CelInput);
}

const NUMERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

function integerOf(value: unknown, min: bigint, max: bigint): bigint | undefined {
  let integer: bigint | undefined;
  if (typeof value === 'number' && Number.isInteger(value)) integer = BigInt(value);
  if (typeof value === 'string') integer = integerOfText(value);
  if (integer === undefined) return undefined;
  return integer < min ? min : integer > max ? max : integer;
}

function integerOfText(text: string): bigint | undefined {
  const match = NUMERAL.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (match === null || whole + fraction === '' || text.length > 64) return undefined;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length;
  if (shift > 100) return digits === 0n ? 0n : sign === '-' ? -(2n ** 64n) : 2n ** 64n;
  const scale = 10n ** BigInt(Math.min(Math.abs(shift), 200));
  if (shift < 0 && digits % scale !== 0n) return undefined;
  const size = shift < 0 ? digits / scale : digits * scale;
  return sign === '-' ? -size : size;
}

function doubleOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/\d/.test(value) || !NUMERAL.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function isDuration(text: string): boolean {
  return /^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text) || /^[+-]?0$/.test(text);
}

function timestampFrom(value: unknown): CelInput | undefined {
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < MILLIS_MIN || value > MILLIS_MAX) return undefined;
    return sound(timestampOf({ text: new Date(value).toISOString() }));
  }
  return typeof value === 'string' && isRfc3339(value) ? sound(timestampOf({ text: value })) : undefined;
}

function sound(value: unknown): CelInput | undefined {
  return isCelError(value) ? undefined : (value as CelInput);
}
