import type { FirstStart } from '../app.ts';
import { formatAddress, type Address } from '../wire/address.ts';

interface Started {
  readonly version: string;
  readonly addresses: { readonly http: Address; readonly grpc: Address; readonly admin: Address };
  readonly firstStart: FirstStart | undefined;
}

/** What a start prints: the addresses; on the first start the keys as well, and lines to try that work when pasted. */
export function startLines({ version, addresses, firstStart }: Started): string {
  const lines = [
    `gatehouse ${version}`,
    `  http   ${url(addresses.http)}`,
    `  grpc   ${formatAddress(addresses.grpc)}`,
    `  admin  ${url(addresses.admin)}`,
  ];
  if (firstStart) lines.push(...keyLines(firstStart), ...tryLines(firstStart, addresses));
  return `${lines.join('\n')}\n`;
}

/** The keys of a first start; no line when it made none. */
export function keyLines({ operatorKey, partners }: FirstStart): string[] {
  const rows: [owner: string, key: string][] = partners.map(({ providerId, name, key }) => [
    `${providerId} ${name}`,
    key,
  ]);
  if (operatorKey !== undefined) rows.unshift(['operator', operatorKey]);
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([owner]) => owner.length));
  return [
    '',
    'First start. These keys are shown this once:',
    ...rows.map(([owner, key]) => `  ${owner.padEnd(width)}  ${key}`),
  ];
}

function tryLines({ partners }: FirstStart, { http, grpc }: Started['addresses']): string[] {
  const partner = partners.find(({ sample }) => sample !== undefined);
  if (!partner?.sample) return [];
  const { userId, permission } = partner.sample;
  const bearer = `-H 'authorization: Bearer ${partner.key}'`;
  const check = JSON.stringify({ user_id: userId, permission });
  const json = `-H 'content-type: application/json'`;
  const [curl, root] =
    http.kind === 'unix' ? [`curl -s --unix-socket ${http.path}`, 'http://localhost'] : ['curl -s', url(http)];
  const grpcurl = grpc.kind === 'unix' ? `grpcurl -plaintext -unix` : 'grpcurl -plaintext';
  const target = grpc.kind === 'unix' ? grpc.path : formatAddress(reachable(grpc));
  return [
    '',
    'Try:',
    `  ${curl} ${root}/v1/check ${bearer} ${json} -d '${check}'`,
    `  ${curl} ${root}/v1/explain ${bearer} ${json} -d '${JSON.stringify({ check: { user_id: userId, permission } })}'`,
    `  ${grpcurl} ${bearer} -d '${check}' ${target} gatehouse.v1.DecisionService/Check`,
  ];
}

function url(address: Address): string {
  return address.kind === 'unix' ? formatAddress(address) : `http://${formatAddress(reachable(address))}`;
}

/** An address that listens everywhere, as one to call. */
function reachable(address: Address): Address {
  if (address.kind === 'unix') return address;
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' };
  return address.host === '::' ? { ...address, host: '::1' } : address;
}
