/** What the bare servers answer: of the size and shape of Gatehouse's own answers. */
export const CHECK_RESPONSE = { allowed: true, reason: 'ALLOWED', policy_version: 1 };

export const ADMIT_RESPONSE = {
  admitted: true,
  reason: 'ADMITTED',
  causes: [],
  warnings: [],
  retry_after_ms: 0,
  replayed: false,
  policy_version: 1,
  consistency_token: '120',
};
