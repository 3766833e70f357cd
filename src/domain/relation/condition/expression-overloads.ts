/**
 * The type of an expression: the kind of its value, and of a list `[element]`, of a map `[key, value]`. `any`: of a parameter or element
 * of type any; `dyn`: known when it is there;
 * `free`: of an element of an empty list or map, any at all. In an overload `A` and `B` stand for one type each.
 */
export interface ExpressionType {
  readonly kind: string;
  readonly of: readonly ExpressionType[];
}

export interface Overload {
  /** Whether the first operand stands before the dot. */
  readonly method: boolean;
  readonly operands: readonly ExpressionType[];
  readonly result: ExpressionType;
}

const NUMERIC = ['int', 'uint', 'double'];
const ORDERED = [...NUMERIC, 'bool', 'string', 'bytes', 'timestamp', 'duration'];
const alike = (kinds: readonly string[], result?: string) =>
  kinds.map((kind) => `(${kind}, ${kind}) ${result ?? kind}`);
const from = (result: string, kinds: string) => kinds.split(' ').map((kind) => `(${kind}) ${result}`);
const ofText = ['.(string, string) bool'];
const ofTime = ['.(timestamp) int', '.(timestamp, string) int'];
const ofTimeAndDuration = [...ofTime, '.(duration) int'];
const sized = ['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((kind) => [`(${kind}) int`, `.(${kind}) int`]);

/** CEL's standard functions and OpenFGA's own: operands, of a method with the one before the dot first, and the result. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  '!_': ['(bool) bool'],
  '@not_strictly_false': ['(bool) bool'],
  '_&&_': ['(bool, bool) bool'],
  '_||_': ['(bool, bool) bool'],
  '_?_:_': ['(bool, A, A) A'],
  '_==_': ['(A, A) bool'],
  '_!=_': ['(A, A) bool'],
  '_<_': alike(ORDERED, 'bool'),
  '_<=_': alike(ORDERED, 'bool'),
  '_>_': alike(ORDERED, 'bool'),
  '_>=_': alike(ORDERED, 'bool'),
  '_+_': [
    ...alike([...NUMERIC, 'string', 'bytes', 'duration', 'list<A>']),
    '(timestamp, duration) timestamp',
    '(duration, timestamp) timestamp',
  ],
  '_-_': [...alike([...NUMERIC, 'duration']), '(timestamp, timestamp) duration', '(timestamp, duration) timestamp'],
  '_*_': alike(NUMERIC),
  '_/_': alike(NUMERIC),
  '_%_': alike(['int', 'uint']),
  '-_': ['(int) int', '(double) double'],
  '@in': ['(A, list<A>) bool', '(A, map<A, B>) bool'],
  '_[_]': ['(list<A>, int) A', '(map<A, B>, A) B'],
  size: sized,
  contains: ofText,
  endsWith: ofText,
  startsWith: ofText,
  matches: ['(string, string) bool', ...ofText],
  int: from('int', 'int uint double string timestamp duration'),
  uint: from('uint', 'uint int double string'),
  double: from('double', 'double int uint string'),
  bool: from('bool', 'bool string'),
  string: from('string', 'string bool int uint double bytes timestamp duration'),
  bytes: from('bytes', 'bytes string'),
  timestamp: from('timestamp', 'timestamp string int'),
  duration: from('duration', 'duration string'),
  type: ['(A) type'],
  dyn: ['(A) dyn'],
  getFullYear: ofTime,
  getMonth: ofTime,
  getDate: ofTime,
  getDayOfMonth: ofTime,
  getDayOfWeek: ofTime,
  getDayOfYear: ofTime,
  getHours: ofTimeAndDuration,
  getMinutes: ofTimeAndDuration,
  getSeconds: ofTimeAndDuration,
  getMilliseconds: ofTimeAndDuration,
  ipaddress: ['(string) ipaddress'],
  in_cidr: ['.(ipaddress, string) bool'],
};

/** The overloads of a function or operator by its name in a parsed expression. */
export const OVERLOADS: ReadonlyMap<string, readonly Overload[]> = new Map(
  Object.entries(SIGNATURES).map(([name, signatures]) => [name, signatures.map(parseSignature)]),
);

function parseSignature(signature: string): Overload {
  const [, dot, operands, result] = /^(\.?)\((.*)\) (.+)$/.exec(signature)!;
  return { method: dot !== '', operands: parseTypes(operands!), result: parseTypes(result!)[0]! };
}

/** Types by their names with commas between: those in angle brackets belong to the one before. */
function parseTypes(text: string): ExpressionType[] {
  return Array.from(text.matchAll(/(\w+)(?:<(.*?)>)?/g), ([, kind, inner]) => ({
    kind: kind!,
    of: inner === undefined ? [] : parseTypes(inner),
  }));
}
