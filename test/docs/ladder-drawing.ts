import { clockTime, columns, fenced, weekday, withUser, type Answer } from './story.ts';

const LIMIT = 20;

/** As it stands in the partner's policy file. */
const LADDER = `quotas:
  basic:
    on_exceed:
      - { action: warn }
      - { over: 10 %, action: rate_limit, every: 10m }
      - { over: 25 %, action: restrict, permissions: [initiate_transfer] }
      - { times: 3, within: 14d, action: cooldown, for: 1h }
      - { times: 4, within: 30d, action: review }`;

type Step = readonly [time: string, permission: string];
const CLEARED = 'an admin clears the review';

/** Days on which the user has used its limit up by 09:00, and what it asks then. */
const DAYS: readonly { readonly daysOn: number; readonly steps: readonly Step[] }[] = [
  {
    daysOn: 0,
    steps: [
      ['09:10:00', 'call_api'],
      ['09:15:00', 'call_api'],
      ['09:20:00', 'call_api'],
      ['09:30:00', 'call_api'],
      ['09:40:00', 'call_api'],
      ['09:50:00', 'initiate_transfer'],
      ['09:51:00', 'call_api'],
    ],
  },
  { daysOn: 6, steps: [['09:10:00', 'call_api']] },
  {
    daysOn: 6,
    steps: [
      ['09:10:00', 'call_api'],
      ['09:30:00', 'call_api'],
      ['10:10:00', 'call_api'],
    ],
  },
  {
    daysOn: 6,
    steps: [
      ['09:10:00', 'call_api'],
      ['09:11:00', 'call_api'],
      ['09:20:00', CLEARED],
      ['09:21:00', 'call_api'],
    ],
  },
];

function rowOf(now: number, permission: string, answer: Answer): string[] {
  const { reason, causes, warnings = [], enforcement, retry_after_ms: retryMs = 0, quotas, admitted } = answer;
  const codes = new Set([reason, ...causes.map((cause) => cause.reason), ...warnings.map(({ code }) => code)]);
  const place = (quotas?.daily.used ?? 0) + (admitted === true ? 0 : 1);
  const rung = enforcement?.rung ? `${enforcement.rung} ` : '';
  return [
    weekday(now),
    clockTime(now),
    `${place}. ${permission}`,
    [...codes].join(', '),
    `${rung}${enforcement?.action ?? ''}`,
    retryMs > 0 ? clockTime(now + retryMs) : '',
  ];
}

/** A basic user who goes over its limit on four days, and what the ladder of its partner makes of it. */
export function drawLadder(): Promise<string> {
  return withUser('basic', '2026-03-02T06:00:00Z', async (user) => {
    await user.setQuotas(LADDER);
    const rows = [['', 'Berlin', 'operation of the day', 'answer', 'rung', 'again at']];
    for (const [day, { daysOn, steps }] of DAYS.entries()) {
      user.at('08:55:00', daysOn);
      await user.signIn();
      for (let n = 1; n <= LIMIT; n += 1) {
        user.pass(1000);
        await user.admit(`day-${day}-${n}`);
      }
      if (rows.length > 1) rows.push(['']);
      for (const [time, permission] of steps) {
        user.at(time);
        if (permission === CLEARED) {
          await user.call('DirectoryService', 'ClearReview', { user_id: user.userId, cause: 'spoke to the user' });
          rows.push([weekday(user.now), clockTime(user.now), '', CLEARED]);
        } else {
          // A new session: what is drawn is not the inactivity of the old one.
          await user.signIn();
          rows.push(rowOf(user.now, permission, await user.admit(`day-${day} ${time}`.replace(' ', '-'), permission)));
        }
      }
    }
    return `${fenced('yaml', LADDER)}\n\n${fenced('text', columns(rows))}`;
  });
}
