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

/** To a basic user, whose operations are counted. */
export const COUNTED_ADMIT_RESPONSE = {
  ...ADMIT_RESPONSE,
  quotas: {
    daily: { limit: 1_000_000, used: 1_000, remaining: 999_000, resets_at: { seconds: 1_790_000_000 } },
    weekly: { limit: 1_000_000, used: 1_000, remaining: 999_000, resets_at: { seconds: 1_790_000_000 } },
  },
  session_expires_at: { seconds: 1_790_000_000, nanos: 500_000_000 },
  decided_at: { seconds: 1_790_000_000, nanos: 500_000_000 },
};
