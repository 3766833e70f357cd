import { durationMs } from './duration.ts';
import { error, pointer, present, warning, type Finding } from './finding.ts';
import { LOOK_BACK_MS_MAX, overOf } from './ladder.ts';
import type { Draft, RungSource } from './policy-source.ts';
import type { Subject } from './policy-subject.ts';

type DraftRung = Draft<RungSource>;
type Numbered = readonly [index: number, rung: DraftRung];

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of a rate limit: no longer than the longer window, after which nothing is exceeded any more. */
const EVERY_MS_MAX = 7 * DAY_MS;

const PARAMETER = { rate_limit: 'every', cooldown: 'for', restrict: 'permissions' } as const;

const at = (index: number, ...steps: readonly (string | number)[]) =>
  pointer('quotas', 'basic', 'on_exceed', index, ...steps);

/** S-8: each action has its own parameters, a rung looks back no further than days are kept, and each can act. */
export function ladder(subject: Subject): readonly Finding[] {
  const rungs = present(subject.source.quotas?.basic?.on_exceed);
  return [
    ...rungs.flatMap(([index, rung]) => [
      ...parameters(index, rung),
      ...unknownPermissions(index, rung, subject),
      ...spans(index, rung),
    ]),
    ...idleRungs(rungs),
  ];
}

function parameters(index: number, rung: DraftRung): Finding[] {
  return Object.entries(PARAMETER).flatMap(([action, field]) => {
    if (rung.action === action) {
      return rung[field] === undefined ? [error('S-8', at(index), `\`${action}\` needs \`${field}\``)] : [];
    }
    return rung.action !== undefined && rung[field] !== undefined
      ? [error('S-8', at(index, field), `\`${field}\` belongs to \`${action}\``)]
      : [];
  });
}

function unknownPermissions(index: number, rung: DraftRung, { permissions }: Subject): Finding[] {
  return present(rung.permissions)
    .filter(([, name]) => !permissions.has(name))
    .map(([item, name]) => error('S-8', at(index, 'permissions', item), `nobody defines the permission \`${name}\``));
}

function spans(index: number, { times, within, every, for: lasting }: DraftRung): Finding[] {
  const tooLong = (field: 'within' | 'every' | 'for', text: string | undefined, max: number) =>
    text !== undefined && (durationMs(text) ?? 0) > max
      ? [error('S-8', at(index, field), `${text} is more than ${max / DAY_MS} days`)]
      : [];
  const days = within === undefined ? undefined : Math.ceil((durationMs(within) ?? 0) / DAY_MS);
  return [
    ...((times === undefined) === (within === undefined)
      ? []
      : [error('S-8', at(index), '`times` and `within` go together')]),
    ...tooLong('within', within, LOOK_BACK_MS_MAX),
    ...tooLong('every', every, EVERY_MS_MAX),
    ...tooLong('for', lasting, LOOK_BACK_MS_MAX),
    ...(times !== undefined && days !== undefined && times > days
      ? [error('S-8', at(index, 'times'), `${times} days do not lie within ${within}: a day counts once`)]
      : []),
  ];
}

/** Rungs that never act, because a higher one is met whenever they are, or that hardly do. */
function idleRungs(rungs: readonly Numbered[]): Finding[] {
  return rungs.flatMap(([index, rung], position) => {
    const higher = rungs.slice(position + 1).find(([, other]) => isMetWhenever(other, rung));
    if (higher) {
      const message = `never acts: rung ${higher[0] + 1} is met whenever this one is, and the highest acts`;
      return [warning('S-8', at(index), message)];
    }
    const stop = rungs.slice(0, position).find(([, other]) => stopsBefore(other, rung));
    const message = (number: number) =>
      `hardly ever acts: rung ${number} refuses everything before it, so that only a great cost or a lowered limit leads here`;
    return stop ? [warning('S-8', at(index), message(stop[0] + 1))] : [];
  });
}

function isMetWhenever(higher: DraftRung, rung: DraftRung): boolean {
  const asFar = compareOver(higher, rung);
  const asOften =
    (higher.times ?? 1) === 1 ||
    ((higher.times ?? 1) <= (rung.times ?? 1) &&
      (durationMs(higher.within ?? '') ?? 0) >= (durationMs(rung.within ?? '') ?? 0));
  return asFar !== undefined && asFar <= 0 && asOften;
}

/** Whether a lower rung admits nothing more from an excess on that is smaller than what this one asks for. */
function stopsBefore(lower: DraftRung, rung: DraftRung): boolean {
  const stops = lower.action === 'cooldown' || lower.action === 'review' || lower.action === 'idle';
  const further = compareOver(rung, lower);
  return stops && (lower.times ?? 1) === 1 && further !== undefined && further > 0;
}

/** Negative: the first is met by a smaller excess; undefined: that depends on the limit. */
function compareOver(one: DraftRung, other: DraftRung): number | undefined {
  const a = overOf(one.over);
  const b = overOf(other.over);
  if ('percent' in a && 'percent' in b) return a.percent - b.percent;
  if ('operations' in a && 'operations' in b) return a.operations - b.operations;
  if ('operations' in a && a.operations === 1) return -1;
  return 'operations' in b && b.operations === 1 ? 1 : undefined;
}
