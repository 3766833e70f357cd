import { parse, stringify } from 'yaml';
import { startApp, TestClock, type TestApp } from '../app.ts';
import { httpClient } from '../edge/client.ts';

/** The zone of the sample partner FINT, in which its days are counted (S-11). */
const ZONE = 'Europe/Berlin';
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const inZone = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hourCycle: 'h23', ...options });
  return (ms: number) => format.format(ms);
};
export const clockTime = inZone({ hour: '2-digit', minute: '2-digit' });
export const exactTime = inZone({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
export const weekday = inZone({ weekday: 'short' });
const date = inZone({ year: 'numeric', month: '2-digit', day: '2-digit' });

export interface Window {
  readonly limit: number;
  readonly used: number;
}

/** An answer to Admit, as far as the drawings read it. */
export interface Answer {
  readonly admitted?: boolean;
  readonly reason: string;
  readonly replayed?: boolean;
  readonly reset_at?: string;
  readonly retry_after_ms?: number;
  readonly causes: readonly { reason: string }[];
  readonly warnings?: readonly { code: string }[];
  readonly quotas?: { readonly daily: Window; readonly weekly: Window };
  readonly enforcement?: { readonly action: string; readonly rung?: number; readonly until?: string };
}

/** A service of its own on a clock that the story moves, and one user of the sample partner FINT. */
export class Story {
  readonly userId = 'story01';
  readonly #app: TestApp;
  readonly #clock: TestClock;
  sessionId = '';

  constructor(app: TestApp, clock: TestClock) {
    this.#app = app;
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now();
  }

  /** Moves on to a time of day in the partner's zone, today or so many days on. No clocks are put forward in the days that are drawn. */
  at(time: string, daysOn = 0): void {
    const [day, month, year] = date(this.now + daysOn * DAY_MS).split('/');
    const asUtc = Date.parse(`${year}-${month}-${day}T${time}Z`);
    const [hours = 0, minutes = 0] = clockTime(asUtc).split(':').map(Number);
    const shown = new Date(asUtc);
    const ahead = (hours - shown.getUTCHours()) * 60 + minutes - shown.getUTCMinutes();
    this.#clock.set(asUtc - ((ahead + 24 * 60) % (24 * 60)) * MINUTE_MS);
  }

  pass(ms: number): void {
    this.#clock.set(this.now + ms);
  }

  async call(service: string, method: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    const outcome = await httpClient(this.#app.httpOrigin).call(service, method, request, this.#app.keys['FINT']);
    if (!outcome.ok) throw new Error(`${service}.${method}: ${JSON.stringify(outcome)}`);
    return outcome.answer;
  }

  /** An admission as it goes over HTTP, its head too. */
  async post(operationId: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.#app.httpOrigin}/v1/sessions/${this.sessionId}/admit`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#app.keys['FINT']}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify({ operation_id: operationId }),
    });
  }

  /** The file of the partner's policy with other quotas in it. */
  async setQuotas(yaml: string): Promise<void> {
    const { text } = await this.call('PolicyService', 'GetPolicy', {});
    const policy = { ...(parse(String(text)) as object), ...(parse(yaml) as object) };
    const applied = await this.call('PolicyService', 'ApplyPolicy', { text: stringify(policy) });
    if (applied['applied'] !== true) throw new Error(`not applied: ${JSON.stringify(applied)}`);
  }

  /** When the session ends if nothing happens in it. */
  async signIn(): Promise<string> {
    const { session } = (await this.call('SessionService', 'Open', { user_id: this.userId })) as {
      session: { session_id: string; expires_at: string };
    };
    this.sessionId = session.session_id;
    return session.expires_at;
  }

  async admit(operationId: string, permission = 'call_api'): Promise<Answer> {
    const request = { session_id: this.sessionId, operation_id: operationId, permission };
    return (await this.call('SessionService', 'Admit', request)) as unknown as Answer;
  }

  async status(): Promise<string> {
    const { user } = (await this.call('DirectoryService', 'GetUser', { user_id: this.userId })) as {
      user: { status: string };
    };
    return user.status;
  }
}

/** Tells a story of a new user that begins at this moment. */
export async function withUser<T>(
  role: 'guest' | 'basic',
  start: string,
  tell: (story: Story) => Promise<T>,
): Promise<T> {
  const clock = new TestClock(start);
  const app = await startApp({ clock });
  try {
    const story = new Story(app, clock);
    await story.call('DirectoryService', 'CreateUser', { user_id: story.userId, zone: 'de' });
    if (role === 'basic') {
      const verification = { verification_id: 'v', level: 'basic', state: 'approved', source: 'internal' };
      await story.call('DirectoryService', 'RecordVerification', { user_id: story.userId, verification });
    }
    return await tell(story);
  } finally {
    await app.stop();
  }
}

/** A window, one sign an operation. */
export const bar = ({ used, limit }: Window): string => '█'.repeat(used) + '░'.repeat(Math.max(0, limit - used));

/** Rows of text under their head, each column as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

export const fenced = (language: string, body: string): string => `\`\`\`${language}\n${body}\n\`\`\``;
