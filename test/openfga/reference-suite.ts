import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Tuple } from '../../src/domain/relation/tuple.ts';

/** The files of OpenFGA's own suites that say what its semantics is. */
const FILES = ['consolidated_1_1_tests.yaml', 'abac_tests.yaml'] as const;

interface Circumstances {
  readonly contextualTuples?: readonly Tuple[];
  readonly context?: Readonly<Record<string, unknown>>;
  /** 0 or absent: no error. */
  readonly errorCode?: number;
}

export interface CheckAssertion extends Circumstances {
  readonly tuple: { readonly user?: string; readonly relation?: string; readonly object?: string };
  readonly expectation?: boolean;
}

export interface ListObjectsAssertion extends Circumstances {
  readonly request: { readonly user: string; readonly type: string; readonly relation: string };
  readonly expectation?: readonly string[] | null;
}

export interface ListUsersAssertion extends Circumstances {
  readonly request: { readonly object: string; readonly relation: string; readonly filters: readonly string[] };
  readonly expectation?: readonly string[] | null;
}

export interface Stage {
  readonly model: string;
  readonly tuples?: readonly Tuple[];
  readonly checkAssertions?: readonly CheckAssertion[];
  readonly listObjectsAssertions?: readonly ListObjectsAssertion[];
  readonly listUsersAssertions?: readonly ListUsersAssertion[];
}

export interface ReferenceTest {
  readonly name: string;
  /** Run one after the other in one store; the tuples of earlier ones stay. */
  readonly stages: readonly Stage[];
}

/** All tests of the suites in the directory, in the order of the files. */
export function referenceTests(directory: string): readonly ReferenceTest[] {
  return FILES.flatMap(
    (file) => (parse(readFileSync(join(directory, file), 'utf8')) as { tests: ReferenceTest[] }).tests,
  );
}
