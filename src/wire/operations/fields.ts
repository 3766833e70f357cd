import { Fault } from '../../domain/errors.ts';
import { SUBSCRIBER_ROLES, type Millis, type SubscriberRole } from '../../domain/values.ts';
import { isRfc3339 } from '../../domain/rfc3339.ts';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PAGE_TOKEN_LENGTH_MAX } from '../../services/page-token.ts';
import type { JsonSchema } from '../operation.ts';

/** Free text for the audit log. */
const CAUSE_LENGTH_MAX = 512;
/** Every id is shorter; a parse function names the exact rule. */
const ID_LENGTH_MAX = 256;
/** Of a permission, feature, relation or condition. */
const NAME_LENGTH_MAX = 128;
/** `type:id#relation` at its longest, as OpenFGA bounds it. */
const OBJECT_LENGTH_MAX = 512;
/** Relationships that one request may carry. */
const TUPLES_MAX = 100;
/** Facts of a request: more than any condition names. */
const CONTEXT_FIELDS_MAX = 64;

export function text(description: string, maxLength: number): JsonSchema {
  return { type: 'string', maxLength, description };
}

export function oneOf(values: readonly string[], description: string): JsonSchema {
  return { type: 'string', enum: [...values], description };
}

export function flag(description: string): JsonSchema {
  return { type: 'boolean', description };
}

/** An object without further fields. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
  description?: string,
): JsonSchema {
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 && { required: [...required] }),
    ...(description !== undefined && { description }),
  };
}

export const PROVIDER_ID = text('The partner, 4 characters A-Z a-z 0-9: for an operator to name.', ID_LENGTH_MAX);
export const USER_ID = text('The user, 7 characters A-Z a-z 0-9.', ID_LENGTH_MAX);
export const PLAN_ID = text('The plan, 1 to 64 characters a-z 0-9 _.', ID_LENGTH_MAX);
export const SESSION_ID = text('The session, as Open gave it.', ID_LENGTH_MAX);
export const NAME = { type: 'string', minLength: 1, maxLength: NAME_LENGTH_MAX } as const satisfies JsonSchema;
/** Chosen by the caller; a repeat gets the first answer. */
export const CALLER_KEY = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'Chosen by the caller, 1 to 128 printable ASCII characters.',
} as const satisfies JsonSchema;
export const CONSISTENCY_TOKEN = text(
  'The token of a write; the answer is never older than it (C-2).',
  NAME_LENGTH_MAX,
);
export const CAUSE = text('Why, for the audit log.', CAUSE_LENGTH_MAX);
export const CONTEXT = {
  type: 'object',
  maxProperties: CONTEXT_FIELDS_MAX,
  description: 'Facts for the conditions of the model.',
} as const satisfies JsonSchema;
export const PAGE_SIZE = {
  type: 'integer',
  minimum: 1,
  maximum: PAGE_SIZE_MAX,
  default: PAGE_SIZE_DEFAULT,
  description: 'Entries of a page.',
} as const satisfies JsonSchema;
export const PAGE_TOKEN = text('The next_page_token of the page before; absent for the first.', PAGE_TOKEN_LENGTH_MAX);

const KEY_FIELDS = {
  user: text('`type:id`, `type:id#relation` or `type:*`.', OBJECT_LENGTH_MAX),
  relation: text('A relation of the model.', NAME_LENGTH_MAX),
  object: text('`type:id`.', OBJECT_LENGTH_MAX),
};
const KEY_REQUIRED = ['user', 'relation', 'object'];

const CONDITION = objectOf({ name: { ...NAME, description: 'A condition of the model.' }, context: CONTEXT }, ['name']);

/** Relationships to delete: a key has no condition. */
export const TUPLE_KEYS_ONLY = {
  type: 'array',
  maxItems: TUPLES_MAX,
  items: objectOf(KEY_FIELDS, KEY_REQUIRED),
  description: 'Keys of relationships.',
} as const satisfies JsonSchema;

export const TUPLE_KEYS = {
  type: 'array',
  maxItems: TUPLES_MAX,
  items: objectOf({ ...KEY_FIELDS, condition: CONDITION }, KEY_REQUIRED),
  description: 'Relationships.',
} as const satisfies JsonSchema;

/** An absent field and an empty one are the same on the wire. */
export function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

const YEAR_MIN = 1970;
const MOMENT_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * A moment in RFC 3339, of the years 1970 to 9999; fractions below a millisecond are cut off. Throws INVALID_ARGUMENT for
 * anything else, for days that do not exist and for leap seconds.
 */
export function parseMoment(value: string | undefined, field: string): Millis | undefined {
  if (value === undefined || value === '') return undefined;
  const rule = `RFC 3339, years ${YEAR_MIN} to 9999`;
  const text = value.toUpperCase();
  const moment = isRfc3339(text) ? Date.parse(text) : Number.NaN;
  if (!(moment >= 0 && moment <= MOMENT_MAX)) {
    throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
  }
  return moment;
}

/** Roles that plans name. Throws INVALID_ARGUMENT for any other. */
export function parseSubscriberRoles(values: readonly string[] | undefined, field: string): SubscriberRole[] {
  const rule = `one of ${SUBSCRIBER_ROLES.join(', ')}`;
  return (values ?? []).map((value) => {
    if ((SUBSCRIBER_ROLES as readonly string[]).includes(value)) return value as SubscriberRole;
    throw new Fault('INVALID_ARGUMENT', `${field}: ${rule}`, { field, rule });
  });
}
