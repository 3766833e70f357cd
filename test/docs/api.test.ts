import { format } from 'prettier';
import { expect, it } from 'vitest';
import type { Operation } from '../../src/wire/operation.ts';
import { OPERATIONS } from '../../src/wire/operations/all-operations.ts';

interface Field {
  readonly description?: string;
}

function section({ service, method, http, scope, operatorsOnly, request }: Operation): string {
  const { properties, required = [] } = request as { properties: Record<string, Field>; required?: string[] };
  const rows = Object.entries(properties).map(([name, { description = '' }]) => {
    const where = http.path.includes(`{${name}}`)
      ? 'path'
      : http.method === 'GET' || http.method === 'DELETE'
        ? 'query'
        : 'body';
    return `| \`${name}\` | ${where} | ${required.includes(name) ? 'yes' : ''} | ${description.replaceAll('|', '\\|')} |`;
  });
  return `### ${service}.${method}

\`${http.method} ${http.path}\` answers ${http.status ?? 200}. Scope \`${scope}\`${operatorsOnly ? ', of an operator' : ''}.

| field | in | needed | |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

const page = `# The API

Printed from the table of operations by the tests; a change of a call changes this page. The answers are the messages of \`proto/gatehouse/v1/\`, in JSON with the same field names:
times are RFC 3339, absent fields are left out.

Every call is served alike over gRPC (\`gatehouse.v1.<service>/<method>\`) and HTTP. Send an API key as \`authorization: Bearer ghk_…\`; HTTP also takes
Basic with the key as password. A field that no operation has is refused over HTTP and ignored in protos. Errors are in [reasons.md](reasons.md).

${[...new Set(OPERATIONS.map(({ service }) => service))]
  .map(
    (service) =>
      `## ${service}\n\n${OPERATIONS.filter((each) => each.service === service)
        .map(section)
        .join('\n')}`,
  )
  .join('\n')}`;

it('docs/api.md lists every operation with its route, scope and fields', async () => {
  const formatted = await format(page, { parser: 'markdown', printWidth: 120 });
  await expect(formatted).toMatchFileSnapshot('../../docs/api.md');
});
