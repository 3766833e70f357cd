import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Fault } from '../domain/errors.ts';
import type { JsonSchema } from './operation.ts';

/** Throws INVALID_ARGUMENT or UNKNOWN_FIELD that names the first offending field and the rule it breaks. */
export type RequestCheck = (request: unknown) => void;

/** JSON nesting of a request, itself included; deeper is refused before anything walks it. No proto of ours, contexts included, needs half. */
export const NESTING_MAX = 32;

/** A schema is compiled once in a process, however many edges serve it: compiling is most of what a start takes. */
const compiled = new WeakMap<JsonSchema, RequestCheck>();

/** Compiles the checks of many operations with one set of formats; each schema once, at start. Throws for a schema that is none. */
export function requestCheckCompiler(): (schema: JsonSchema) => RequestCheck {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: false });
  addFormats.default(ajv);
  return (schema) => {
    const known = compiled.get(schema);
    if (known) return known;
    const accepts = ajv.compile(schema);
    const check: RequestCheck = (request) => {
      if (accepts(request)) return;
      throw faultOf(accepts.errors?.[0]);
    };
    compiled.set(schema, check);
    return check;
  };
}

/** Whether a JSON value nests at most `levels` deep; a scalar is level 0. */
export function nestsWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !nestsWithin(inner, levels - 1)) return false;
  }
  return true;
}

function faultOf(error: ErrorObject | undefined): Fault {
  if (error === undefined) return new Fault('INVALID_ARGUMENT', 'the request breaks its schema');
  const at = fieldPath(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params['additionalProperty'] ?? params['unevaluatedProperty']).slice(0, 64);
      const field = below(at, name);
      return new Fault('UNKNOWN_FIELD', `${field}: no such field`, { field, rule: 'unknown fields are refused' });
    }
    case 'required': {
      const field = below(at, String(params['missingProperty']));
      return new Fault('INVALID_ARGUMENT', `${field}: required`, { field, rule: 'required' });
    }
    case 'enum':
      return invalid(at, `one of ${(params['allowedValues'] as readonly unknown[]).join(', ')}`);
    default:
      return invalid(at, error.message ?? error.keyword);
  }
}

function invalid(at: string, rule: string): Fault {
  return at === ''
    ? new Fault('INVALID_ARGUMENT', `the request ${rule}`, { rule })
    : new Fault('INVALID_ARGUMENT', `${at}: ${rule}`, { field: at, rule });
}

const below = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);

/** `/checks/0/user_id` as `checks[0].user_id`. */
function fieldPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, token) => (/^\d+$/.test(token) ? `${path}[${token}]` : below(path, token)), '');
}
