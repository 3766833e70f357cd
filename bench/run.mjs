// npm run bench: Gatehouse beside bare servers of the same messages and beside other engines, in one run on one machine, as one table.
// npm run bench -- PART…: some of gatehouse, openfga, scale, engine and those of admission/rows.mjs. Options: --rounds 3 --seconds 5 --warm-up 2 --concurrency 64.
// Needs dist/ and redis-server; uses ghz, OpenFGA and, where they are there, wrk and SpiceDB.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { ADMISSION_GROUPS } from './admission/rows.mjs';
import { engineRows } from './engine-rows.mjs';
import { startGatehouse } from './gatehouse.mjs';
import { runGhz } from './load/run-ghz.mjs';
import { httpGenerator, runHttpLoad } from './load/run-http-load.mjs';
import { startProcess } from './load/start-process.mjs';
import { openFgaRows, scaleRows } from './openfga/rows.mjs';
import { measureInTurn } from './rounds.mjs';
import { loadRow as row, table } from './table.mjs';

const run = promisify(execFile);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PROTO_DIR = here('../proto');
const TMPFS = 0x01021994;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    concurrency: { type: 'string', default: '64' },
  },
});
const concurrency = Number(values.concurrency);
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUpSeconds: Number(values['warm-up']),
};

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const stops = [];
const keep = (server) => {
  stops.push(server.stop);
  return server;
};
const part = { directory, concurrency, settings, say, keep };
const PARTS = {
  gatehouse: gatehouseRows,
  openfga: () => openFgaRows(part),
  scale: () => scaleRows(part),
  ...Object.fromEntries(
    Object.entries(ADMISSION_GROUPS).map(([name, rowsOf]) => [
      name,
      () => {
        say(name);
        return rowsOf(part);
      },
    ]),
  ),
  engine: () => {
    say('engine');
    return engineRows();
  },
};
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
try {
  if (statfsSync(directory).type === TMPFS)
    say(`${directory} is in memory: set TMPDIR to a disk, or the durable lines mean nothing`);
  const rows = [];
  for (const [name, rowsOf] of Object.entries(PARTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    rows.push(...(await rowsOf()));
    await stopAll();
  }
  const { rounds, seconds } = settings;
  console.log(
    `\n${cpus().length} cores, Node ${process.versions.node}; medians of ${rounds} rounds of ${seconds} s in turn, ${concurrency} calls in flight; ` +
      `generators ghz and ${httpGenerator}\n`,
  );
  console.log(table(rows));
} finally {
  await stopAll().finally(() => rmSync(directory, { recursive: true, force: true }));
}

async function gatehouseRows() {
  const gatehouse = keep(await startGatehouse(directory));
  const grpcEcho = keep(await startProcess([here('load/grpc-echo.mjs')], ['grpc'])).addresses.grpc;
  const httpEcho = keep(await startProcess([here('load/http-echo.mjs')], ['http'])).addresses.http;
  return [
    ...(await grpcChecks(gatehouse, grpcEcho)),
    ...(await httpChecks(gatehouse, httpEcho)),
    ...(await admissions(gatehouse, grpcEcho)),
  ];
}

async function grpcChecks({ grpcAddress, authorization, userId, check }, echoAddress) {
  const allowed = { user_id: userId, permission: 'view_dashboard' };
  const denied = { user_id: userId, permission: 'manage_users' };
  await expectAllowed(check, allowed, true);
  await expectAllowed(check, denied, false);
  const loadOf = (address, data) => (seconds) =>
    runGhz({
      address,
      protoFile: 'gatehouse/v1/decision.proto',
      protoDir: PROTO_DIR,
      call: 'gatehouse.v1.DecisionService/Check',
      data,
      metadata: { authorization },
      concurrency,
      seconds,
    });
  say('gRPC checks');
  const loads = {
    echo: loadOf(echoAddress, allowed),
    allowed: loadOf(grpcAddress, allowed),
    denied: loadOf(grpcAddress, denied),
  };
  const measured = await measureInTurn(loads, settings);
  return [
    row('gRPC: bare echo of Check', measured.echo, {
      why: 'A bare @grpc/grpc-js server of the same messages: what this wire can carry at all.',
    }),
    row('gRPC: Check, allowed', measured.allowed, {
      ceiling: measured.echo,
      aim: '≥ 85 %',
      why: 'Key looked up, request checked, relationships evaluated afresh, nothing cached; the ratio is to the echo.',
    }),
    row('gRPC: Check, denied', measured.denied, {
      ceiling: measured.echo,
      aim: '≥ 85 %',
      why: 'A denial also walks the precedence list to name its reason.',
    }),
  ];
}

async function httpChecks({ httpOrigin, authorization, userId }, echoOrigin) {
  const body = { user_id: userId, permission: 'view_dashboard' };
  const loadOf = (origin) => (seconds) =>
    runHttpLoad({ url: `${origin}/v1/check`, body, authorization, concurrency, seconds });
  say('HTTP checks');
  const measured = await measureInTurn({ echo: loadOf(echoOrigin), check: loadOf(httpOrigin) }, settings);
  return [
    row('HTTP: bare express echo', measured.echo, {
      why: 'A bare Express app that parses the same body and answers with a constant.',
    }),
    row('HTTP: POST /v1/check, allowed', measured.check, {
      ceiling: measured.echo,
      why: 'The same decision over JSON; the ratio is to the express echo.',
    }),
  ];
}

async function admissions({ grpcAddress, authorization, sessionIds }, echoAddress) {
  let runs = 0;
  const loadOf = (address) => (seconds) => {
    runs += 1;
    return runGhz({
      address,
      protoFile: 'gatehouse/v1/session.proto',
      protoDir: PROTO_DIR,
      call: 'gatehouse.v1.SessionService/Admit',
      data: admitRequests(sessionIds, runs),
      metadata: { authorization },
      concurrency,
      seconds,
    });
  };
  const put = async (seconds) => {
    const load = { directory: join(directory, 'lmdb-put'), concurrency, seconds };
    const { stdout } = await run(process.execPath, [here('load/lmdb-put.mjs'), JSON.stringify(load)]);
    return JSON.parse(stdout);
  };
  say('admissions');
  const measured = await measureInTurn({ put, echo: loadOf(echoAddress), admit: loadOf(grpcAddress) }, settings);
  return [
    row('LMDB: bare durable put', measured.put, {
      why: 'One small record a put, each awaited until it is on the disk; many share one flush.',
    }),
    row('gRPC: bare echo of Admit', measured.echo, {
      why: 'As the echo of Check; the generator also makes an operation id a call.',
    }),
    row('gRPC: Admit, durable', measured.admit, {
      ceiling: measured.put,
      why: 'Decided, counted and flushed before the answer, each with its own operation id; the ratio is to the bare put.',
    }),
  ];
}

/** One request a session, taken in turn by ghz, with a new operation id each time. */
function admitRequests(sessionIds, runNumber) {
  return sessionIds.map((session_id) => ({ session_id, operation_id: `bench-${runNumber}-{{ .RequestNumber }}` }));
}

async function expectAllowed(check, request, allowed) {
  const decision = await check(request);
  if (decision.allowed !== allowed)
    throw new Error(`${request.permission} was to be ${allowed}: ${JSON.stringify(decision)}`);
}

async function stopAll() {
  for (const stop of stops.splice(0)) await stop();
}

function say(text) {
  process.stderr.write(`${text} …\n`);
}
