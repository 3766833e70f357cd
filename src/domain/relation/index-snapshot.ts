import type { SegmentsImage } from './segmented-entries.ts';

/** Layout of a snapshot: one of another number is not read. */
export const SNAPSHOT_LAYOUT = 1;

/** Words by their numbers. */
export interface SnapshotWords {
  readonly types: readonly string[];
  readonly relations: readonly string[];
  readonly conditions: readonly string[];
  readonly keys: readonly string[];
}

/** What is to know of the arrays of a snapshot, which come in this order: arena, table, memberships, members. */
export interface RecordsImage {
  readonly seed: number;
  readonly size: number;
  readonly wildcards: readonly number[];
  readonly arena: { readonly next: number; readonly chunk: number; readonly used: readonly number[] };
  readonly table: Pick<SegmentsImage, 'depth' | 'segments'>;
  readonly memberships: readonly (SegmentsImage | null)[];
  readonly members: readonly (SegmentsImage | null)[];
}

/** A tuple index as numbers, words and arrays of 32-bit words. All but the arrays is JSON. */
export interface IndexSnapshot {
  readonly records: RecordsImage;
  readonly words: SnapshotWords;
  readonly arrays: readonly Uint32Array[];
}
