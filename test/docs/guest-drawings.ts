import { bar, clockTime, columns, exactTime, fenced, weekday, withUser, type Answer, type Story } from './story.ts';

const START = '2026-03-02T06:00:00Z';
const EMPTY = { day: { used: 0, limit: 5 }, week: { used: 0, limit: 20 } };

/** What comes, by time of day; `null`: the guest signs in. */
const MORNING: readonly (readonly [time: string, operation: string | null])[] = [
  ['08:00:00', null],
  ['08:05:00', 'a'],
  ['08:12:00', 'b'],
  ['08:19:00', 'c'],
  ['08:20:00', 'd'],
  ['08:21:00', null],
  ['08:25:00', 'e'],
  ['08:30:00', 'f'],
  ['08:31:00', 'g'],
  ['08:32:00', 'g'],
  ['08:33:00', 'h'],
  ['23:50:00', null],
];

/** The rows of a guest's day, and the steps that its status went through. */
class GuestDay {
  readonly rows: string[][] = [['Berlin', 'what comes', 'answer', 'day', '7 days', 'status after']];
  readonly steps = new Set<string>();
  readonly #guest: Story;
  #windows = [bar(EMPTY.day), bar(EMPTY.week)];
  #status = 'active';

  constructor(guest: Story) {
    this.#guest = guest;
  }

  async signIn(): Promise<void> {
    const until = await this.#guest.signIn();
    await this.#row('signs in', `session until ${clockTime(Date.parse(until))}`, 'signs in');
  }

  async operation(id: string): Promise<void> {
    const answer = await this.#guest.admit(id);
    if (answer.quotas) this.#windows = [bar(answer.quotas.daily), bar(answer.quotas.weekly)];
    const warned = (answer.warnings ?? []).map(({ code }) => `, ${code}`).join('');
    const reset = answer.reset_at === undefined ? '' : `, reset ${clockTime(Date.parse(answer.reset_at))}`;
    const again = answer.replayed === true ? ' again' : '';
    await this.#row(`operation ${id}${again}`, `${answer.reason}${warned}${reset}`, `operation, ${answer.reason}`);
  }

  async midnight(): Promise<void> {
    this.#windows = [bar(EMPTY.day), this.#windows[1] ?? ''];
    await this.#row('', 'a new day begins', 'reset');
  }

  async #row(what: string, answer: string, step: string): Promise<void> {
    const { now } = this.#guest;
    const time = now % 60_000 === 0 ? clockTime(now) : exactTime(now);
    const after = await this.#guest.status();
    this.rows.push([time, what, answer, ...this.#windows, after]);
    this.steps.add(`${this.#status} --> ${after}: ${step}`);
    this.#status = after;
  }
}

/** One guest from a morning to the next day: what came, what was answered, how full the windows were, and the status after it. */
export function drawGuestDay(): Promise<string> {
  return withUser('guest', START, async (guest) => {
    const day = new GuestDay(guest);
    for (const [time, operation] of MORNING) {
      guest.at(time);
      await (operation === null ? day.signIn() : day.operation(operation));
    }
    guest.at('23:59:59.999');
    await day.operation('i');
    guest.pass(1);
    await day.midnight();
    guest.at('00:01:00');
    await day.operation('j');
    const diagram = ['stateDiagram-v2', '  [*] --> active', ...[...day.steps].map((step) => `  ${step}`)].join('\n');
    const states = 'The steps that the status took on that day:';
    return `${fenced('text', columns(day.rows))}\n\n${states}\n\n${fenced('mermaid', diagram)}`;
  });
}

/** A guest who uses up what each day gives, at nine every morning, until the 7 days are full. */
export function drawGuestWeek(): Promise<string> {
  return withUser('guest', START, async (guest) => {
    const rows = [['', 'Berlin', 'admitted', '7 days', 'then', 'room again']];
    for (let day = 0; day < 8; day += 1) {
      guest.at('09:00:00', day === 0 ? 0 : 1);
      await guest.signIn();
      let admitted = -1;
      let answer: Answer;
      do {
        admitted += 1;
        answer = await guest.admit(`${day}-${admitted}`);
      } while (answer.admitted === true);
      const reset = Date.parse(answer.reset_at ?? '');
      const { weekly } = answer.quotas ?? { weekly: EMPTY.week };
      const again = `${weekday(reset)} ${clockTime(reset)}`;
      rows.push([weekday(guest.now), clockTime(guest.now), String(admitted), bar(weekly), answer.reason, again]);
    }
    return fenced('text', columns(rows));
  });
}

/** What support is answered about a guest who asks why it was refused. */
export function printExplain(): Promise<string> {
  return withUser('guest', START, async (guest) => {
    guest.at('08:00:00');
    await guest.signIn();
    for (let n = 1; n <= 6; n += 1) await guest.admit(`op-${n}`);
    guest.at('08:10:00');
    const check = { user_id: guest.userId, permission: 'call_api', session_id: guest.sessionId };
    const { tree, text, relationships, causes } = await guest.call('DecisionService', 'Explain', { check });
    return [
      '`text`, for people to read:',
      fenced('text', String(text)),
      '`causes` and `relationships`, for programs:',
      fenced('json', JSON.stringify({ causes, relationships }, null, 2)),
      '`tree`, how the relationships were evaluated:',
      fenced('text', String(tree)),
    ].join('\n\n');
  });
}

const FIELDS = ['ratelimit-policy', 'ratelimit', 'retry-after', 'content-type'];

/** What a gateway reads: of an admitted operation, of a refused one, and of one for which it asks for a status that it can pass on. */
export function printRateLimitFields(): Promise<string> {
  return withUser('guest', START, async (guest) => {
    guest.at('08:00:00');
    await guest.signIn();
    const told: string[] = [];
    const tell = async (title: string, response: Response): Promise<void> => {
      const fields = FIELDS.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [`${name}: ${value}`];
      });
      told.push(`# ${title}\nHTTP/1.1 ${response.status}\n${fields.join('\n')}`);
    };
    await tell('the first of the day', await guest.post('op-1'));
    for (let n = 2; n <= 5; n += 1) await guest.post(`op-${n}`);
    await tell('the sixth', await guest.post('op-6'));
    const passed = await guest.post('op-6', { prefer: 'quota-exceeded=429' });
    await tell('the same, asked with `prefer: quota-exceeded=429`', passed);
    told.push(JSON.stringify(await passed.json(), null, 2));
    return fenced('http', told.join('\n\n'));
  });
}
