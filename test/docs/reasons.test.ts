import { status as grpcStatus } from '@grpc/grpc-js';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { DENIALS, FAULTS, REFUSALS } from '../../src/domain/errors.ts';
import { STATUS } from '../../src/wire/status.ts';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;

const page = `# Reasons, refusals and faults

Printed from the code by the tests; a change of a code changes this page.

## Reasons of a denial

A denial is a normal answer: HTTP 200 and gRPC OK, \`allowed: false\` (or \`admitted: false\`, \`opened: false\`) with the first reason that holds. They are in the
order of R-5; explain gives all that hold. \`ALLOWED\` and \`ADMITTED\` are the reasons of the other answer.

${table(
  ['reason', 'rule', 'meaning', 'what lifts it'],
  Object.entries(DENIALS).map(([reason, { rule, message, remedy }]) => [code(reason), rule, message, remedy]),
)}

## Refusals of a change

PlanChange answers \`done: false\` with one of these. Elsewhere the call fails with the code of the refusal, in the place of \`REFUSED\` below: FAILED_PRECONDITION, 409. Each comes with the state that it met and what is possible instead (B-11). A policy file with errors is no failure of the call: ApplyPolicy answers \`applied: false\` with its problems.

${table(
  ['refusal', 'rule', 'meaning'],
  Object.entries(REFUSALS).map(([refusal, { rule, message }]) => [code(refusal), rule, message]),
)}

## Faults

Errors of the call, and the loss of a dependency. HTTP answers \`application/problem+json\` with \`code\`; gRPC carries it as the reason of a
\`google.rpc.ErrorInfo\` in the status details.

${table(
  ['code', 'gRPC', 'HTTP', 'meaning'],
  FAULTS.map((fault) => [code(fault), grpcStatus[STATUS[fault].grpc], String(STATUS[fault].http), STATUS[fault].title]),
)}
`;

it('docs/reasons.md lists every code of the service, in order', async () => {
  const formatted = await format(page, { parser: 'markdown', printWidth: 120 });
  await expect(formatted).toMatchFileSnapshot('../../docs/reasons.md');
});
