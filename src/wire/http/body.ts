import express, { type RequestHandler } from 'express';
import { Fault } from '../../domain/errors.ts';
import { BODY_BYTES_MAX } from '../limits.ts';
import { NESTING_MAX, nestsWithin } from '../request-check.ts';

const JSON_TYPE = /^application\/(?:json|[a-z0-9.-]+\+json)(?:\s*;|\s*$)/i;

/** Reads a JSON body into `request.body`; `undefined` where there is none. Fails with the fault of `bodyFault`. */
export function jsonBody(): RequestHandler {
  const read = express.json({ limit: BODY_BYTES_MAX, strict: true, type: () => true });
  return (request, response, next) => {
    const { headers } = request;
    const length = headers['content-length'];
    if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) {
      next();
      return;
    }
    if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
      next(
        new Fault('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json', {
          rule: 'content-type: application/json',
        }),
      );
      return;
    }
    read(request, response, (error?: unknown) => {
      if (error === undefined && !nestsWithin(request.body, NESTING_MAX)) {
        const rule = `nested at most ${NESTING_MAX} levels`;
        next(new Fault('INVALID_ARGUMENT', `the body is ${rule}`, { rule }));
      } else {
        next(error === undefined ? undefined : bodyFault(error));
      }
    });
  };
}

/** What the body parser, or the router's decoding of a path, says of a request, as a fault; anything else unchanged. */
export function bodyFault(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || error instanceof Fault) return error;
  const { type, status } = error as { type?: unknown; status?: unknown };
  switch (type) {
    case 'entity.too.large':
      return new Fault('BODY_TOO_LARGE', `the body is longer than ${BODY_BYTES_MAX} bytes`, {
        rule: `at most ${BODY_BYTES_MAX} bytes`,
      });
    case 'entity.parse.failed':
      return new Fault('MALFORMED_JSON', 'the body is not a JSON object', { rule: 'RFC 8259' });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Fault(
        'UNSUPPORTED_MEDIA_TYPE',
        'the body must be UTF-8, plain or compressed with gzip, deflate or br',
      );
    case 'request.aborted':
      return new Fault('CANCELLED', 'the caller went away');
    default:
      return typeof status === 'number' && status >= 400 && status < 500
        ? new Fault('INVALID_ARGUMENT', 'the request cannot be read')
        : error;
  }
}
