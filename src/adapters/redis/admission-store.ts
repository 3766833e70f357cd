import { performance } from 'node:perf_hooks';
import { Fault } from '../../domain/errors.ts';
import type { Admission, AdmissionTerms, SessionRecord } from '../../domain/session/state.ts';
import {
  ownerOfSession,
  sessionIdOf,
  type Millis,
  type ProviderId,
  type SessionId,
  type UserId,
} from '../../domain/values.ts';
import type { AdmissionStore, AdmissionStoreHealth, AdmitOutcome } from '../../ports/admission-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connection } from './connection.ts';
import { settingFindings } from './health.ts';
import { loadScript, type Script } from './script.ts';
import { readRepeat, readReply, type ScriptAnswer } from './script-reply.ts';
import { readSession, rulesArguments } from './session-text.ts';
import { StoreClock } from './store-clock.ts';
import { daysAround, termsText, wordsText } from './terms-text.ts';

type OpenRequest = Parameters<AdmissionStore['open']>[0];
type AdmitRequest = Parameters<AdmissionStore['admit']>[0];
type RecallRequest = Parameters<AdmissionStore['recall']>[0];
type PreflightRequest = Parameters<AdmissionStore['preflight']>[0];
type CountRequest = Parameters<AdmissionStore['count']>[0];
type Keys = readonly [string, string];

/** Characters of a payload's hash that are kept: of hexadecimal digits 48 bits, which tell two payloads under one id apart. */
const HASH_CHARACTERS = 12;
/** A day that the terms did not know is told once; a second time is a clock that leaps. */
const ASKS_MAX = 3;

const SCRIPTS = {
  admit: loadScript('admit.lua'),
  preflight: loadScript('preflight.lua'),
  recall: loadScript('recall.lua'),
  count: loadScript('count.lua'),
  open: loadScript('open.lua'),
  close: loadScript('close.lua'),
  sessions: loadScript('sessions.lua'),
};

/**
 * Sessions and operations in Redis: a script and a round trip each, the keys of one user in one slot. The clock is that of
 * the server, and `now` of the requests is not looked at (S-15), unless a clock is given.
 */
export class RedisAdmissionStore implements AdmissionStore {
  readonly #connection: Connection;
  readonly #given: Clock | undefined;
  readonly #storeClock = new StoreClock(() => Date.now());

  constructor(connection: Connection, clock?: Clock) {
    this.#connection = connection;
    this.#given = clock;
  }

  async open({ sessionId, rules }: OpenRequest) {
    const args = [fieldOf(sessionId), ...rulesArguments(rules)];
    const [text = '', ...closed] = await this.#ask(SCRIPTS.open, keysOfSession(sessionId), args);
    const { providerId, userId } = ownerOfSession(sessionId);
    return {
      session: readSession(sessionId, text),
      closed: closed.map((field) => sessionOfField(providerId, userId, field)),
    };
  }

  async admit(request: AdmitRequest): Promise<AdmitOutcome> {
    const { sessionId, operationId, payloadHash, terms } = request;
    const keys = keysOfSession(sessionId);
    const kept = keptOf(payloadHash, terms);
    return this.#decided(terms, (text) => {
      const args = [this.#clockArgument(), fieldOf(sessionId), operationId, kept, text];
      return this.#connection.run(SCRIPTS.admit, keys, args) as Promise<Buffer>;
    });
  }

  async admitAll(requests: readonly AdmitRequest[]): Promise<readonly AdmitOutcome[]> {
    const [first] = requests;
    if (!first) return [];
    if (requests.length === 1) return [await this.admit(first)];
    const outcomes: AdmitOutcome[] = [];
    let daysAt = this.now();
    // What was decided before a day that was not known stays decided, and its repeat is not sent.
    for (let asked = 0; asked < ASKS_MAX && outcomes.length < requests.length; asked += 1) {
      const left = requests.slice(outcomes.length);
      const args = left.flatMap(({ sessionId, operationId, payloadHash, terms }) => {
        const text = termsText(terms, daysAround(daysAt, terms.timeZone));
        return [fieldOf(sessionId), operationId, keptOf(payloadHash, terms), text];
      });
      const all = [this.#clockArgument(), ...args];
      const replies = await this.#connection.run(SCRIPTS.admit, keysOfSession(first.sessionId), all);
      for (const [n, reply] of (Array.isArray(replies) ? (replies as Buffer[]) : [replies as Buffer]).entries()) {
        const answer = readReply(reply, (left[n] ?? first).terms);
        if (answer.kind === 'day-unknown') {
          daysAt = answer.at;
          break;
        }
        outcomes.push(answer.outcome);
      }
    }
    if (outcomes.length < requests.length) throw leapt();
    return outcomes;
  }

  async recall({ sessionId, operationId, payloadHash }: RecallRequest): Promise<AdmitOutcome | undefined> {
    const args = [this.#clockArgument(), operationId, shortHash(payloadHash)];
    const reply = await this.#connection.run(SCRIPTS.recall, keysOfSession(sessionId), args);
    return reply instanceof Buffer ? readRepeat(reply) : undefined;
  }

  async preflight({ sessionId, terms }: PreflightRequest): Promise<Admission> {
    const keys = keysOfSession(sessionId);
    const outcome = await this.#decided(terms, (text) => {
      const args = [this.#clockArgument(), fieldOf(sessionId), keptOf('', terms), text];
      return this.#connection.run(SCRIPTS.preflight, keys, args) as Promise<Buffer>;
    });
    if (outcome.kind !== 'first') throw new RangeError('a preflight has no operation_id to repeat');
    return outcome.admission;
  }

  async count({ sessionId, operationId, payloadHash, cost, counted, at, admission }: CountRequest): Promise<void> {
    const moments = [String(at), String(counted ? cost : 0), JSON.stringify(admission), String(admission.at)];
    const args = [this.#clockArgument(), fieldOf(sessionId), operationId, shortHash(payloadHash), ...moments];
    await this.#connection.run(SCRIPTS.count, keysOfSession(sessionId), args);
  }

  async close(sessionId: SessionId): Promise<SessionRecord | undefined> {
    const [text] = await this.#ask(SCRIPTS.close, keysOfSession(sessionId), [fieldOf(sessionId)]);
    return text === undefined ? undefined : readSession(sessionId, text);
  }

  async closeAll(providerId: ProviderId, userId: UserId): Promise<readonly SessionRecord[]> {
    return sessionsIn(providerId, userId, await this.#ask(SCRIPTS.close, keysOf(providerId, userId), ['']));
  }

  async get(sessionId: SessionId): Promise<SessionRecord | undefined> {
    const [text] = await this.#ask(SCRIPTS.sessions, keysOfSession(sessionId), [fieldOf(sessionId)]);
    return text === undefined ? undefined : readSession(sessionId, text);
  }

  async sessionsOf(providerId: ProviderId, userId: UserId): Promise<readonly SessionRecord[]> {
    return sessionsIn(providerId, userId, await this.#ask(SCRIPTS.sessions, keysOf(providerId, userId), ['']));
  }

  /** Records go with the admissions that come after them, and all of a user by the expiry of its keys. */
  async prune(): Promise<number> {
    return 0;
  }

  async health(): Promise<AdmissionStoreHealth> {
    const circuit = this.#connection.circuit();
    if (circuit === 'open')
      return { state: 'down', detail: 'Redis does not answer; calls are refused at once for a while' };
    try {
      const findings = (await this.#connection.info()).flatMap(settingFindings);
      const detail = ['Redis answers', ...new Set(findings.map(({ text }) => text))].join('; ');
      return { state: findings.some(({ kind }) => kind === 'loss') ? 'degraded' : 'up', detail };
    } catch {
      return { state: 'down', detail: 'Redis does not answer' };
    }
  }

  now(): Millis {
    return this.#given?.now() ?? this.#storeClock.at(performance.now());
  }

  /** Asks with the days around the store's clock as far as it is known here, and again where it turns out to be another day there. */
  async #decided(terms: AdmissionTerms, ask: (termsText: string) => Promise<Buffer>): Promise<AdmitOutcome> {
    let daysAt = this.now();
    for (let asked = 0; asked < ASKS_MAX; asked += 1) {
      const sentMs = performance.now();
      const answer = readReply(await ask(termsText(terms, daysAround(daysAt, terms.timeZone))), terms);
      this.#learn(answer, sentMs);
      if (answer.kind === 'outcome') return answer.outcome;
      daysAt = answer.at;
    }
    throw leapt();
  }

  #learn(answer: ScriptAnswer, sentMs: number): void {
    if (answer.kind !== 'outcome' || answer.storeAt === undefined) return;
    this.#storeClock.learn({ sentMs, receivedMs: performance.now(), storeAt: answer.storeAt });
  }

  /** Of a script whose reply begins with the clock: the rest. */
  async #ask(script: Script, keys: Keys, args: readonly string[]): Promise<readonly string[]> {
    const sentMs = performance.now();
    const reply = await this.#connection.run(script, keys, [this.#clockArgument(), ...args]);
    const [storeAt, ...rest] = reply as [number, ...Buffer[]];
    this.#storeClock.learn({ sentMs, receivedMs: performance.now(), storeAt });
    return rest.map(String);
  }

  #clockArgument(): string {
    return this.#given === undefined ? '' : String(this.#given.now());
  }
}

function keysOf(providerId: ProviderId, userId: UserId): Keys {
  const user = `gh:{${providerId}:${userId}}`;
  return [`${user}:u`, `${user}:s`];
}

function keysOfSession(sessionId: SessionId): Keys {
  const { providerId, userId } = ownerOfSession(sessionId);
  return keysOf(providerId, userId);
}

/** Characters of a session id before those that are its own: its partner and user. */
const OWNER_CHARACTERS = 13;

/** What a session stands under in the hash of its user. */
const fieldOf = (sessionId: SessionId): string => ` ${sessionId.slice(OWNER_CHARACTERS)}`;

const sessionOfField = (providerId: ProviderId, userId: UserId, field: string): SessionId =>
  sessionIdOf(providerId, userId, field.slice(1));

/** What the answer to an operation keeps of it. */
const keptOf = (payloadHash: string, terms: AdmissionTerms): string => shortHash(payloadHash) + wordsText(terms);

const shortHash = (payloadHash: string): string => payloadHash.slice(0, HASH_CHARACTERS).padEnd(HASH_CHARACTERS, '.');

function sessionsIn(providerId: ProviderId, userId: UserId, parts: readonly string[]): SessionRecord[] {
  const sessions: SessionRecord[] = [];
  for (let n = 0; n + 1 < parts.length; n += 2) {
    sessions.push(readSession(sessionOfField(providerId, userId, parts[n] ?? ''), parts[n + 1] ?? ''));
  }
  return sessions;
}

function leapt(): Fault {
  return new Fault('UNAVAILABLE', "the admission store's clock leaps; try again");
}
