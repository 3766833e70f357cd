const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `15s`, `30m`, `12h`, `7d` (a whole number from 1 to 9999 and a unit); undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,3})([smhd])$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** As `durationMs`, for text that the schema has let through. */
export function checkedDurationMs(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new RangeError(`not a duration: ${text}`);
  return ms;
}
