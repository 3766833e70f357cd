import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { RedisAdmissionStore } from '../../src/adapters/redis/admission-store.ts';
import type { Connection } from '../../src/adapters/redis/connection.ts';
import { endOf } from '../../src/domain/session/session.ts';
import type { Admission, AdmissionTerms } from '../../src/domain/session/state.ts';
import { aLife, LifeDocument, START, ZONES, type Life, type Step } from '../unit/session/random-life.ts';
import { DAY, HOUR, operation, sessionId, WEEK } from './admission-fixtures.ts';
import { DomainModel } from './domain-model.ts';
import { PARTNER, userId } from './fixtures.ts';

const STEPS_MAX = 50;
const MOVES = [
  ...Array<'ask'>(8).fill('ask'),
  'repeat',
  'repeat-with-other-payload',
  'batch',
  'open',
  'close',
  'close-all',
  'count',
  'clock-set-back',
  'zone',
] as const;
const RULES = [
  {},
  { inactivityMs: 2 * DAY, openMax: 2 },
  { lifetimeMs: 3 * DAY, openMax: 1 },
  { inactivityMs: HOUR },
] as const;

export const aLedLife = fc.record({
  life: aLife(STEPS_MAX),
  moves: fc.array(fc.record({ move: fc.constantFrom(...MOVES), pick: fc.nat(1_000) }), {
    minLength: STEPS_MAX,
    maxLength: STEPS_MAX,
  }),
  rules: fc.constantFrom(...RULES),
});
type LedLife = typeof aLedLife extends fc.Arbitrary<infer T> ? T : never;

/** One user of the store, led beside the same user of the model. */
export class Twins {
  readonly #user: number;
  readonly #store: RedisAdmissionStore;
  readonly #model = new DomainModel();
  readonly #led: LedLife;
  readonly #document: LifeDocument;
  #now = START;
  /** Of the moments that the clock has shown. */
  #latest = START;
  #opened = 0;
  #asked = 0;
  #zone: Life['timeZone'];

  constructor(connection: Connection, user: number, each: LedLife) {
    this.#user = user;
    this.#store = new RedisAdmissionStore(connection, { now: () => this.#now });
    this.#led = each;
    this.#document = new LifeDocument(each.life);
    this.#zone = each.life.timeZone;
  }

  async lead(): Promise<void> {
    await this.#open();
    for (const [n, step] of this.#led.life.steps.entries()) {
      const { move, pick } = this.#led.moves[n] ?? { move: 'ask', pick: 0 };
      this.#now += step.gap;
      this.#latest = Math.max(this.#latest, this.#now);
      this.#document.change(step, this.#now);
      await this.#replaceForgottenSession();
      await this.#do(step, move, pick);
    }
    const { sessions } = this.#model;
    for (const [id, session] of sessions) {
      const endsAt = endOf(session)?.at ?? Infinity;
      if (endsAt > this.#latest - WEEK) deepStrictEqual(await this.#store.get(id), session);
    }
    deepStrictEqual(await this.#store.sessionsOf(PARTNER, userId(this.#user)), this.#model.openAt(this.#now));
  }

  async #do(step: Step, move: (typeof MOVES)[number], pick: number): Promise<void> {
    const now = this.#now;
    switch (move) {
      case 'ask':
        return this.#ask(step, `${(this.#asked += 1)}`);
      case 'repeat':
      case 'repeat-with-other-payload':
        return this.#repeat(step, `${pick % (this.#asked + 1)}`, move === 'repeat' ? 'h' : 'other');
      case 'batch':
        return this.#batch(step, 2 + (pick % 4));
      case 'open':
        return this.#open();
      case 'close':
        deepStrictEqual(await this.#store.close(this.#session()), this.#model.close(this.#session(), now));
        return;
      case 'close-all':
        deepStrictEqual(await this.#store.closeAll(PARTNER, userId(this.#user)), this.#model.closeAll(now));
        return;
      case 'count':
        return this.#count(step, pick);
      case 'clock-set-back':
        this.#now -= (pick * 2 * DAY) / 1_000;
        return;
      case 'zone':
        this.#zone = ZONES[pick % ZONES.length] ?? 'UTC';
        return;
      default:
        return move satisfies never;
    }
  }

  async #open(): Promise<void> {
    this.#opened += 1;
    const request = { sessionId: this.#session(), rules: this.#led.rules, now: this.#now };
    deepStrictEqual(await this.#store.open(request), this.#model.open(request));
  }

  async #ask(step: Step, id: string, payloadHash = 'h'): Promise<void> {
    const terms = this.#terms(step);
    const request = { sessionId: this.#session(), operationId: operation(id), payloadHash, terms, now: this.#now };
    deepStrictEqual(await this.#store.preflight(request), this.#model.preflight(request));
    deepStrictEqual(await this.#store.recall(request), this.#model.recall(request.operationId, payloadHash, this.#now));
    const outcome = this.#model.admit(request);
    deepStrictEqual(await this.#store.admit(request), outcome);
    if (outcome.kind !== 'key-reused') this.#takeIn(step, outcome.admission);
  }

  /** An answer that was 7 days old once may be gone, though a clock set back makes it young again: of those none is asked. */
  async #repeat(step: Step, id: string, payloadHash: string): Promise<void> {
    const answeredAt = this.#model.answeredAt(operation(id));
    if (answeredAt === undefined || answeredAt + WEEK > this.#latest) await this.#ask(step, id, payloadHash);
  }

  async #batch(step: Step, size: number): Promise<void> {
    const terms = this.#terms(step);
    const requests = Array.from({ length: size }, (_, n) => ({
      sessionId: this.#session(),
      operationId: operation((this.#asked += n === 1 ? 0 : 1)),
      payloadHash: 'h',
      terms: { ...terms, cost: 1 + (n % 2) },
      now: this.#now,
    }));
    const outcomes = requests.map((request) => this.#model.admit(request));
    deepStrictEqual(await this.#store.admitAll(requests), outcomes);
    for (const outcome of outcomes) if (outcome.kind !== 'key-reused') this.#takeIn(step, outcome.admission);
  }

  async #count(step: Step, pick: number): Promise<void> {
    const at = this.#now - (pick % 10) * DAY;
    const admission: Admission = {
      admitted: true,
      reason: 'ADMITTED',
      causes: [],
      warnings: [],
      retryAfterMs: 0,
      lifts: [],
      degraded: true,
      at,
    };
    const request = {
      sessionId: this.#session(),
      operationId: operation((this.#asked += 1)),
      payloadHash: 'h',
      cost: step.cost,
      counted: pick % 3 > 0,
      at,
      admission,
    };
    this.#model.count(request);
    await this.#store.count(request);
  }

  #takeIn(step: Step, { effect, endsIdle }: Admission): void {
    if (!step.lives) return;
    if (effect) this.#document.takeIn(effect);
    if (endsIdle) this.#document.idleUntil = undefined;
  }

  #terms(step: Step): AdmissionTerms {
    return { ...this.#document.terms(step), sessionRules: this.#led.rules, timeZone: this.#zone };
  }

  #session = () => sessionId(this.#opened, this.#user);

  /** 7 days after its end a session may be forgotten, and by the model it never is. */
  async #replaceForgottenSession(): Promise<void> {
    const session = this.#model.sessions.get(this.#session());
    const endsAt = (session && endOf(session)?.at) ?? Infinity;
    if (endsAt + WEEK <= this.#latest) await this.#open();
  }
}
