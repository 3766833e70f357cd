import { Fault } from '../../domain/errors.ts';
import type { JsonSchema } from '../operation.ts';

type Form = Record<string, unknown>;

/**
 * The request of a call in JSON form from its three sources: the path, and the query (GET, DELETE) or the body (POST, PUT).
 * Text from path and query takes the type that the schema names; what does not look like that type stays text, for the check
 * to name. A list is repeated or divided by commas.
 */
export class RequestForm {
  readonly #properties: Readonly<Record<string, JsonSchema>>;
  readonly #queries: boolean;

  constructor(method: 'GET' | 'POST' | 'PUT' | 'DELETE', schema: JsonSchema) {
    this.#properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
    this.#queries = method === 'GET' || method === 'DELETE';
  }

  /** Throws INVALID_ARGUMENT for a field of the path that the body contradicts, UNKNOWN_FIELD for a query where none belongs. */
  read(path: Readonly<Record<string, unknown>>, query: Readonly<Record<string, unknown>>, body: unknown): unknown {
    if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) return body;
    const form = (body ?? {}) as Form;
    for (const [name, value] of Object.entries(query)) {
      if (!this.#queries) throw unknownQuery(name);
      if (Object.hasOwn(form, name)) throw twice(name);
      define(form, name, this.#typed(name, value));
    }
    for (const [name, value] of Object.entries(path)) {
      const typed = this.#typed(name, value);
      if (Object.hasOwn(form, name) && form[name] !== typed) throw twice(name);
      define(form, name, typed);
    }
    return form;
  }

  #typed(name: string, value: unknown): unknown {
    const schema = Object.hasOwn(this.#properties, name) ? this.#properties[name] : undefined;
    if (schema?.['type'] === 'array') {
      const items = (schema['items'] ?? {}) as JsonSchema;
      const texts = Array.isArray(value) ? value : String(value).split(',');
      return texts.map((text) => typed(items, text));
    }
    return typed(schema ?? {}, value);
  }
}

function typed(schema: JsonSchema, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return /^-?\d{1,16}(\.\d{1,16})?$/.test(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    default:
      return value;
  }
}

// A plain assignment to `__proto__` would set the prototype and hide the field from the check.
function define(form: Form, name: string, value: unknown): void {
  Object.defineProperty(form, name, { value, enumerable: true, configurable: true, writable: true });
}

function unknownQuery(name: string): Fault {
  const field = name.slice(0, 64);
  return new Fault('UNKNOWN_FIELD', `${field}: this call takes its fields from the body`, {
    field,
    rule: 'no query parameters',
  });
}

function twice(name: string): Fault {
  const field = name.slice(0, 64);
  return new Fault('INVALID_ARGUMENT', `${field}: given twice, differently`, { field, rule: 'given once' });
}
