import type { RequestHandler, Response } from 'express';
import type { Caller } from '../../services/caller.ts';
import type { CallWatch, StartedCall } from '../call-watch.ts';
import { tokenOf } from './token.ts';

/** What the handlers of one call hand on to each other. */
export interface CallLocals {
  started: StartedCall;
  caller: Caller;
}

export const locals = (response: Response): CallLocals => response.locals as CallLocals;

/** First: the call counts from here, also where it is refused. */
export function starter(watch: CallWatch): RequestHandler {
  return ({ headers }, response, next) => {
    locals(response).started = watch.start((name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    });
    next();
  };
}

/** The credential is looked at before a byte of the body is read. */
export function authorizer(bound: { authorize(token: string | undefined): Caller | Promise<Caller> }): RequestHandler {
  return (request, response, next) => {
    const proceed = (caller: Caller): void => {
      locals(response).caller = caller;
      next();
    };
    const caller = bound.authorize(tokenOf(request.headers.authorization));
    return caller instanceof Promise ? caller.then(proceed) : proceed(caller);
  };
}
