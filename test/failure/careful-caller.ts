import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Lane, Told } from './fleet.ts';

/** How long a caller waits before it sends an operation again that was not answered. */
const RETRY_MS = 50;
export interface Asked {
  readonly sessionId: string;
  readonly operationId: string;
}

export interface Answered extends Asked {
  readonly told: Told;
  /** The longest that an attempt took. */
  readonly slowestMs: number;
  readonly attempts: number;
}

/** As a careful caller sends it: by the same id again, until it is answered. */
export async function untilAnswered(lane: Lane, asked: Asked): Promise<Answered> {
  for (let attempts = 1, slowestMs = 0; ; attempts += 1) {
    const told = await lane.admit(asked.sessionId, asked.operationId);
    slowestMs = Math.max(slowestMs, told.tookMs);
    if (told.kind !== 'failed') return { ...asked, told, slowestMs, attempts };
    expect(told.code).toBe('UNAVAILABLE');
    await delay(RETRY_MS);
  }
}

/** Each lane takes the next of the queue, as long as there is one. */
export async function answerAll(
  lanes: readonly Lane[],
  queue: readonly Asked[],
  onAnswer: (count: number) => void = () => {},
): Promise<Answered[]> {
  const answered: Answered[] = [];
  const rest = queue.values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const asked of rest) {
        answered.push(await untilAnswered(lane, asked));
        onAnswer(answered.length);
      }
    }),
  );
  return answered;
}

export function operations(sessionId: string, count: number, name: string): Asked[] {
  return Array.from({ length: count }, (_, n) => ({ sessionId, operationId: `${name}-${n}` }));
}

/** What was admitted in a session: how many operations, how many places of the day they had, and the last of these. */
export function admittedIn(answered: readonly Answered[], sessionId: string): Places {
  return placesOf(answered.filter((each) => each.sessionId === sessionId).map(({ told }) => told));
}

export interface Places {
  readonly admitted: number;
  readonly places: number;
  readonly last: number;
}

export function placesOf(told: readonly Told[]): Places {
  const places = told.filter(({ kind }) => kind === 'admitted').map(({ used }) => used ?? 0);
  return { admitted: places.length, places: new Set(places).size, last: Math.max(0, ...places) };
}

/** So many operations, each with a place of its own, from the first on. */
export const exactly = (count: number): Places => ({ admitted: count, places: count, last: count });
