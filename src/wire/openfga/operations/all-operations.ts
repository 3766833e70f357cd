import type { OpenFgaOperation } from '../operation.ts';
import { MODEL_OPERATIONS } from './models.ts';
import { QUESTION_OPERATIONS } from './questions.ts';
import { STORE_OPERATIONS } from './stores.ts';
import { TUPLE_OPERATIONS } from './tuples.ts';

/** The whole of OpenFGA's API. */
export const OPENFGA_OPERATIONS: readonly OpenFgaOperation[] = [
  ...STORE_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...TUPLE_OPERATIONS,
  ...QUESTION_OPERATIONS,
];
