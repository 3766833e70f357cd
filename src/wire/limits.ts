/** Size of one request, over either edge. A policy file, the largest thing that is ever sent, may be as long. */
export const BODY_BYTES_MAX = 1024 * 1024;
