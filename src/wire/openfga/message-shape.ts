/** What a field must hold, in the words and with the limits of OpenFGA's own checks. */
export type Rule =
  | { readonly kind: 'pattern'; readonly source: string; readonly expression: RegExp; readonly unlessEmpty: boolean }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'items'; readonly min: number; readonly max: number }
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  | { readonly kind: 'required' }
  /** A time that is over. */
  | { readonly kind: 'past' };

/** The type of one field; a message is named by its entry in MESSAGES. */
export type FieldType =
  | { readonly kind: 'string' | 'bool' | 'struct' | 'timestamp' | 'int32-value' }
  | { readonly kind: 'enum'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'message'; readonly message: string };

export interface Field {
  readonly type: FieldType;
  /** `map`: by string; `oneof`: at most one field of the message that is so marked is there. */
  readonly label: 'single' | 'list' | 'map' | 'oneof';
  readonly rules: readonly Rule[];
  /** Of the keys of a map. */
  readonly keyRule?: Rule;
  /** In the .proto, where the JSON form has another name. */
  readonly protoName?: string;
}

export type MessageShape = Readonly<Record<string, Field>>;

const field = (type: FieldType, rules: readonly Rule[], label: Field['label'] = 'single'): Field => ({
  type,
  label,
  rules,
});

/** `source` is OpenFGA's pattern as it stands; its `\s` is ASCII white space only. */
function patternRule(source: string, unlessEmpty: boolean): Rule {
  const expression = new RegExp(source.replaceAll(String.raw`\s`, String.raw`\t\n\f\r `), 'u');
  return { kind: 'pattern', source, expression, unlessEmpty };
}

export const pattern = (source: string): Rule => patternRule(source, false);
/** An empty text passes. */
export const patternUnlessEmpty = (source: string): Rule => patternRule(source, true);
export const bytes = (min: number, max: number): Rule => ({ kind: 'bytes', min, max });
export const items = (min: number, max: number): Rule => ({ kind: 'items', min, max });
export const REQUIRED: Rule = { kind: 'required' };

export const text = (...rules: Rule[]): Field => field({ kind: 'string' }, rules);
export const bool = (): Field => field({ kind: 'bool' }, []);
export const struct = (): Field => field({ kind: 'struct' }, []);
export const timestamp = (...rules: Rule[]): Field => field({ kind: 'timestamp' }, rules);
/** An int32 that may be absent. */
export const count = (min: number, max: number): Field => field({ kind: 'int32-value' }, [{ kind: 'range', min, max }]);
export const word = (values: Readonly<Record<string, number>>): Field => field({ kind: 'enum', values }, []);
export const message = (name: string, ...rules: Rule[]): Field => field({ kind: 'message', message: name }, rules);
export const list = (of: Field, ...rules: Rule[]): Field => ({ ...of, label: 'list', rules });
export const map = (of: Field, keyRule: Rule | undefined, ...rules: Rule[]): Field => ({
  ...of,
  label: 'map',
  rules,
  ...(keyRule && { keyRule }),
});
export const oneof = (of: Field): Field => ({ ...of, label: 'oneof' });
export const named = (protoName: string, of: Field): Field => ({ ...of, protoName });
