/** The limits of OpenFGA's API: its defaults. Each can be set, with the settings `openfga_*`. */
export interface OpenFgaLimits {
  /** Tuples of one write, deletes included. */
  readonly writeTuplesMax: number;
  readonly batchChecksMax: number;
  readonly listObjectsMax: number;
  readonly listUsersMax: number;
  /** A list that takes longer is cut there. */
  readonly listDeadlineMs: number;
  /** Of a model, encoded as protobuf. */
  readonly modelBytesMax: number;
  /** Of one request, over either edge. */
  readonly requestBytesMax: number;
}

export const OPENFGA_LIMITS: OpenFgaLimits = {
  writeTuplesMax: 100,
  batchChecksMax: 50,
  listObjectsMax: 1_000,
  listUsersMax: 1_000,
  listDeadlineMs: 3_000,
  modelBytesMax: 256 * 1_024,
  // 616,448, as OpenFGA has it.
  requestBytesMax: 512 * 1_204,
};

/** Entries of a page where the request names no size. */
export const PAGE_SIZE_DEFAULT = 50;
/** Entries of a page of changes at most; of other pages the form of the request says it. */
export const CHANGES_PAGE_MAX = 100;
/** JSON of a condition's stored context. */
export const CONTEXT_BYTES_MAX = 32 * 1_024;
/** JSON of the assertions of one model. */
export const ASSERTIONS_BYTES_MAX = 64_000;
