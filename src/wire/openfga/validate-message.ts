import type { Field, Rule } from './message-shape.ts';
import { shapeOf } from './messages.ts';

type Message = Readonly<Record<string, unknown>>;

/**
 * What a request breaks, in the words of OpenFGA's generated checks: all of it, joined by `; `, each place named as `Message.Field`; what lies in
 * an embedded message follows `| caused by: `. Undefined: nothing. `now`: epoch milliseconds.
 */
export function validateMessage(name: string, message: Message, now: number): string | undefined {
  const problems: string[] = [];
  validate(name, message, now, problems);
  return problems.length === 0 ? undefined : problems.join('; ');
}

function validate(name: string, message: Message, now: number, problems: string[]): void {
  const shape = shapeOf(name);
  for (const key in shape) {
    const field = shape[key]!;
    const value = message[key];
    for (const rule of field.rules) {
      const reason = broken(rule, field, value, now);
      if (reason !== undefined) problems.push(`invalid ${name}.${goName(field.protoName ?? key)}: ${reason}`);
    }
    if (field.type.kind === 'enum' && typeof value === 'number') {
      problems.push(`invalid ${name}.${goName(key)}: value must be one of the defined enum values`);
    }
    if (field.type.kind === 'message' && value !== undefined) embedded(name, key, field, value, now, problems);
  }
}

function embedded(name: string, key: string, field: Field, value: unknown, now: number, problems: string[]): void {
  if (field.type.kind !== 'message') return;
  const { message } = field.type;
  const go = goName(field.protoName ?? key);
  const check = (inner: unknown, place: string): void => {
    const problem = validateMessage(message, inner as Message, now);
    if (problem !== undefined) {
      problems.push(`invalid ${name}.${place}: embedded message failed validation | caused by: ${problem}`);
    }
  };
  switch (field.label) {
    case 'single':
    case 'oneof':
      return check(value, go);
    case 'list':
      return (value as readonly unknown[]).forEach((item, place) => check(item, `${go}[${place}]`));
    case 'map':
      for (const entry of Object.keys(value as object).sort()) {
        const reason = field.keyRule && broken(field.keyRule, field, entry, now);
        if (reason !== undefined) problems.push(`invalid ${name}.${go}[${entry}]: ${reason}`);
        check((value as Message)[entry], `${go}[${entry}]`);
      }
      return;
    default:
      return field.label satisfies never;
  }
}

/** What a value breaks of a rule. */
function broken(rule: Rule, field: Field, value: unknown, now: number): string | undefined {
  switch (rule.kind) {
    case 'pattern': {
      const text = (value as string | undefined) ?? '';
      if ((rule.unlessEmpty && text === '') || rule.expression.test(text)) return undefined;
      return `value does not match regex pattern ${JSON.stringify(rule.source)}`;
    }
    case 'bytes': {
      const length = Buffer.byteLength((value as string | undefined) ?? '');
      if (length >= rule.min && length <= rule.max) return undefined;
      return rule.min === 0
        ? `value length must be at most ${rule.max} bytes`
        : `value length must be between ${rule.min} and ${rule.max} bytes, inclusive`;
    }
    case 'items': {
      const length = value === undefined ? 0 : Object.keys(value as object).length;
      const what = field.label === 'map' ? 'pair(s)' : 'item(s)';
      if (rule.min === rule.max && length !== rule.min) return `value must contain exactly ${rule.min} ${what}`;
      if (length < rule.min) return `value must contain at least ${rule.min} ${what}`;
      return length > rule.max ? `value must contain no more than ${rule.max} ${what}` : undefined;
    }
    case 'range': {
      if (value === undefined || ((value as number) >= rule.min && (value as number) <= rule.max)) return undefined;
      return rule.max === Infinity
        ? `value must be greater than or equal to ${rule.min}`
        : `value must be inside range [${rule.min}, ${rule.max}]`;
    }
    case 'one-of':
      return rule.values.includes((value as string | undefined) ?? '')
        ? undefined
        : `value must be in list [${rule.values.join(' ')}]`;
    case 'required':
      return value === undefined ? 'value is required' : undefined;
    case 'past':
      return value === undefined || Date.parse(value as string) < now ? undefined : 'value must be less than now';
    default:
      return rule satisfies never;
  }
}

const goNames = new Map<string, string>();

/** `store_id` as OpenFGA's messages name it: `StoreId`. */
function goName(name: string): string {
  let known = goNames.get(name);
  if (known === undefined) {
    known = name.replaceAll(/(?:^|_)([a-z])/g, (_match, first: string) => first.toUpperCase());
    goNames.set(name, known);
  }
  return known;
}
