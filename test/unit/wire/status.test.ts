import { status as grpcStatus } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../../src/domain/errors.ts';
import { STATUS } from '../../../src/wire/status.ts';

/** HTTP statuses that may stand for a gRPC status, as the google.rpc.Code mapping has them, and our finer ones. */
const HTTP_OF_GRPC: Readonly<Record<number, readonly number[]>> = {
  [grpcStatus.INVALID_ARGUMENT]: [400, 415],
  [grpcStatus.RESOURCE_EXHAUSTED]: [413, 429],
  [grpcStatus.UNAUTHENTICATED]: [401],
  [grpcStatus.PERMISSION_DENIED]: [403],
  [grpcStatus.NOT_FOUND]: [404],
  [grpcStatus.UNIMPLEMENTED]: [404, 405],
  [grpcStatus.FAILED_PRECONDITION]: [409],
  [grpcStatus.ALREADY_EXISTS]: [409],
  [grpcStatus.ABORTED]: [409],
  [grpcStatus.UNAVAILABLE]: [503],
  [grpcStatus.DEADLINE_EXCEEDED]: [504],
  [grpcStatus.CANCELLED]: [499],
  [grpcStatus.INTERNAL]: [500],
};

describe('the one table code -> gRPC -> HTTP', () => {
  it('has every fault, and no other', () => {
    expect(Object.keys(STATUS).sort()).toEqual([...FAULTS].sort());
  });

  it.each(FAULTS)('%s has an HTTP status that fits its gRPC status', (code) => {
    const { grpc, http, title } = STATUS[code];
    expect(HTTP_OF_GRPC[grpc]).toContain(http);
    expect(title).not.toBe('');
  });

  it('tells what belongs to another partner as what does not exist (P-6)', () => {
    for (const code of [
      'USER_NOT_FOUND',
      'PLAN_NOT_FOUND',
      'SESSION_NOT_FOUND',
      'PARTNER_NOT_FOUND',
      'OBJECT_NOT_FOUND',
    ] as const) {
      expect(STATUS[code]).toMatchObject({ grpc: grpcStatus.NOT_FOUND, http: 404 });
    }
  });
});
