/** An address as 4 or 16 bytes; an IPv4-mapped IPv6 address counts as IPv4. Undefined where the text is none. */
export function parseIpAddress(text: string): number[] | undefined {
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text);
  return bytes === undefined ? undefined : unmap(bytes);
}

/** The one spelling of an address, so that equal addresses are equal strings. Undefined where the text is none. */
export function canonicalIpAddress(text: string): string | undefined {
  const bytes = parseIpAddress(text);
  if (bytes === undefined) return undefined;
  const zone = text.includes('%') ? text.slice(text.indexOf('%')) : '';
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16));
  return groups.join(':') + zone;
}

/** Whether an address lies in a network `address/bits`. Undefined where one of the texts is malformed; a zone is in no network. */
export function inCidr(address: string, cidr: string): boolean | undefined {
  const match = /^([^/%]+)\/(\d{1,3})$/.exec(cidr);
  const original = match === null ? undefined : parseRaw(match[1]!);
  const own = parseIpAddress(address);
  if (match === null || original === undefined || own === undefined) return undefined;
  const written = Number(match[2]);
  if (written > original.length * 8 || (match[2]!.length > 1 && match[2]!.startsWith('0'))) return undefined;
  const unmapped = unmap(original);
  const mapped = unmapped.length !== original.length && written >= 96;
  const network = mapped ? unmapped : original;
  const bits = mapped ? written - 96 : written;
  if (network.length !== own.length || address.includes('%')) return false;
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff;
    if (((network[bit >> 3]! ^ own[bit >> 3]!) & mask) !== 0) return false;
  }
  return true;
}

function parseRaw(text: string): number[] | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

function parseV6(text: string): number[] | undefined {
  const zone = text.indexOf('%');
  if (zone === text.length - 1) return undefined;
  const halves = (zone < 0 ? text : text.slice(0, zone)).split('::');
  if (halves.length > 2) return undefined;
  const sides = halves.map((half, at) => parseGroups(half, at === halves.length - 1));
  const [left, right] = sides;
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  if (halves.length === 1) return left.length === 16 ? left : undefined;
  const missing = 16 - left.length - right!.length;
  return missing < 2 ? undefined : [...left, ...Array.from({ length: missing }, () => 0), ...right!];
}

function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [at, group] of groups.entries()) {
    if (last && at === groups.length - 1 && group.includes('.')) {
      const tail = parseV4(group);
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function unmap(bytes: number[]): number[] {
  const mapped =
    bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : bytes;
}
