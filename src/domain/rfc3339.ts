const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Whether a text is a moment in RFC 3339 as protobuf's Timestamp is written in JSON: a day that exists (Date.parse takes
 * 30 February for 2 March), no leap second, at most nine digits of a second, capital letters.
 */
export function isRfc3339(text: string): boolean {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  if (day === undefined || Number(month) < 1 || Number(month) > 12 || Number(day) < 1) return false;
  const lastOfMonth = new Date(0);
  lastOfMonth.setUTCFullYear(Number(year), Number(month), 0);
  return Number(day) <= lastOfMonth.getUTCDate();
}
