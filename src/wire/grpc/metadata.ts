import type { Metadata } from '@grpc/grpc-js';

/** The first value of an entry; undefined where there is none, and for a binary one. */
export function headerOf(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
}

/** The credential of a call, as `authorization: Bearer …` carries it. */
export function bearer(metadata: Metadata): string | undefined {
  const value = headerOf(metadata, 'authorization');
  return value?.slice(0, 7).toLowerCase() === 'bearer ' ? value.slice(7) : undefined;
}
