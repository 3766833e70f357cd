import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import type { SafeFault } from '../safe-fault.ts';
import { STATUS } from '../status.ts';
import type { ProtoPackage } from './proto-package.ts';

const ERROR_INFO_URL = 'type.googleapis.com/google.rpc.ErrorInfo';

/**
 * A fault as gRPC has it: status, message, and `grpc-status-details-bin` with a google.rpc.Status of one ErrorInfo: domain
 * `gatehouse`, reason the code of the refusal or fault, metadata `field`, `rule`, `state`, `possible` (comma list), `request_id`,
 * `retry_after_ms` where known.
 */
export function errorStatusOf(proto: ProtoPackage): (safe: SafeFault) => ServerErrorResponse {
  const status = proto.message('google.rpc.Status');
  const errorInfo = proto.message('google.rpc.ErrorInfo');
  return ({ fault, requestId }) => {
    const { grpc: code } = STATUS[fault.code];
    const facts = {
      field: fault.field,
      rule: fault.refusal?.rule ?? fault.rule,
      state: fault.refusal?.state,
      possible: fault.refusal?.possible.join(','),
      request_id: requestId,
      retry_after_ms: fault.pace && String(Math.ceil(fault.pace.retryAfterMs)),
    };
    const value = errorInfo.serialize({
      reason: fault.refusal?.code ?? fault.code,
      domain: 'gatehouse',
      metadata: Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)),
    });
    const metadata = new Metadata();
    metadata.set(
      'grpc-status-details-bin',
      status.serialize({ code, message: fault.message, details: [{ type_url: ERROR_INFO_URL, value }] }),
    );
    return Object.assign(new Error(fault.message), { code, details: fault.message, metadata });
  };
}
