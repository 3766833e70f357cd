import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { compileText, policiesDir } from './fixtures.ts';

const GOOD = ['FINT', 'MDIA', 'BTOB'].map(
  (name) => parse(readFileSync(join(policiesDir, `${name}.yaml`), 'utf8')) as unknown,
);

/** The steps to every value within a value. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, child]) => placesOf(child, [...at, name]))];
}

/** A copy in which the value at a place is another; `undefined` takes it out. */
function changed(value: unknown, at: readonly string[], other: unknown): unknown {
  const [step, ...rest] = at;
  if (step === undefined) return other;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[step] = changed(copy[step], rest, other);
  return copy;
}

const other = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, 0, -1, 101, 0.5, '', '30m', 'gold', 'guest', 'constructor', [], {}),
  fc.jsonValue({ maxDepth: 3 }),
);

const mutated = fc
  .record({
    good: fc.constantFrom(...GOOD),
    changes: fc.array(fc.record({ place: fc.nat(), other }), { minLength: 1, maxLength: 4 }),
  })
  .map(({ good, changes }) =>
    changes.reduce((value, { place, other: replacement }) => {
      const places = placesOf(value);
      return changed(value, places[place % places.length] ?? [], replacement);
    }, good),
  );

/** The machine may be busy: what runs in a second alone is given time. */
const PATIENT = { timeout: 30_000 };

/** Either compiled without an error, or refused with one that says where and why. */
function expectDecided(text: string): 'compiled' | 'refused' {
  const { policy, problems } = compileText(text);
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(policy === undefined).toBe(errors.length > 0);
  for (const { line, rule, message, path } of problems) {
    expect(line).toBeGreaterThanOrEqual(0);
    expect(rule).toMatch(/^([A-Z]-[0-9]+|schema)$/);
    expect(message).not.toBe('');
    expect(path === '' || path.startsWith('/')).toBe(true);
  }
  const lines = problems.map(({ line }) => line);
  expect(lines).toEqual([...lines].sort((a, b) => a - b));
  return policy ? 'compiled' : 'refused';
}

test('a good policy with random changes compiles or is refused, never throws', PATIENT, () => {
  const seen = { compiled: 0, refused: 0 };
  fc.assert(
    fc.property(mutated, (value) => {
      seen[expectDecided(stringify(value ?? null, { aliasDuplicateObjects: false }))] += 1;
    }),
    { numRuns: 120 },
  );
  expect(seen.refused).toBeGreaterThan(0);
});

test('random values are refused', PATIENT, () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(expectDecided(JSON.stringify(value))).toBe('refused');
    }),
  );
});

test('random text is refused', PATIENT, () => {
  const yamlish = fc.string({
    unit: fc.constantFrom('a', ':', ' ', '\n', '-', '&', '*', '{', '}', '[', ']', '"', '!', '|', '#'),
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), yamlish), (text) => {
      expect(expectDecided(text)).toBe('refused');
    }),
    { numRuns: 300 },
  );
});

test('a policy compiles to the same whatever the order of its fields', PATIENT, () => {
  fc.assert(
    fc.property(fc.constantFrom(...GOOD), fc.infiniteStream(fc.nat()), (good, dice) => {
      const shuffled = Object.fromEntries(
        Object.entries(good as object)
          .map((entry) => ({ entry, rank: dice.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry),
      );
      expect(compileText(stringify(shuffled)).policy).toEqual(compileText(stringify(good)).policy);
      expect(compileText(stringify(good)).policy).toBeDefined();
    }),
    { numRuns: 10 },
  );
});
