import type { Operation } from '../operation.ts';

/** The whole API: every operation that both edges serve. */
export const OPERATIONS: readonly Operation[] = [];
