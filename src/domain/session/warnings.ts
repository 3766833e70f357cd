import type { Millis } from '../values.ts';
import type { AdmissionTerms, QuotaTerms, Warning, WarningCode } from './state.ts';
import { exceeds, type WindowUse, type WindowUses } from './windows.ts';

/** Of floating-point shares such as 0.7 x 10: what differs by less is equal. */
const SHARE_EPSILON = 1e-9;

type Asked = Pick<AdmissionTerms, 'cost' | 'warningShare'>;

/** The warnings that an admitted operation carries, one a window at most: exceeded, within the grace, or near (S-8, S-9). */
export function warningsOf(uses: WindowUses, quota: QuotaTerms, asked: Asked, now: Millis): Warning[] {
  return [
    ...warningOf('QUOTA_DAILY', uses.daily, quota.daily, asked, now),
    ...warningOf('QUOTA_WEEKLY', uses.weekly, quota.weekly, asked, now),
  ];
}

function warningOf(
  code: 'QUOTA_DAILY' | 'QUOTA_WEEKLY',
  use: WindowUse,
  limit: number,
  { cost, warningShare }: Asked,
  now: Millis,
): Warning[] {
  const after = use.used + cost;
  const reached = `${after} of ${limit} operations of the ${code === 'QUOTA_DAILY' ? 'day' : '7 days'}`;
  const warn = (suffix: 'NEAR' | 'GRACE' | 'EXCEEDED', rule: string, message: string): Warning[] => [
    { code: `${code}_${suffix}` satisfies WarningCode, rule, message: `${message}: ${reached}` },
  ];
  if (exceeds(use, now)) return warn('EXCEEDED', 'S-8', 'the quota is exceeded');
  if (use.excess > 0) return warn('EXCEEDED', 'S-8', 'the quota is exceeded, and a cleared review forgives it');
  if (after > limit) return warn('GRACE', 'S-8', 'the quota is used up, and the grace of the plan lets it pass');
  return after < limit * warningShare - SHARE_EPSILON ? [] : warn('NEAR', 'S-9', 'the quota is nearly used up');
}
