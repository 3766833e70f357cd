import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGatehouse } from '../gatehouse.mjs';
import { runGhz } from '../load/run-ghz.mjs';
import { startProcess } from '../load/start-process.mjs';
import { measureInTurn } from '../rounds.mjs';
import { loadRow } from '../table.mjs';
import { BATCH, batches, DOCUMENTS, documentTuples, permissionTuples, questions, viewers } from './dataset.mjs';
import { fillStore } from './openfga-client.mjs';
import { CACHES, sqliteStore, startOpenFga } from './openfga-server.mjs';
import { MODEL_ID, STORE_ID } from './scale-store.mjs';
import { permissionRequest, startSpiceDb } from './spicedb.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PROTO = { protoFile: 'openfga/v1/openfga_service.proto', protoDir: here('../../proto') };
const SERVICE = 'openfga.v1.OpenFGAService';
const SPICEDB = 'authzed.api.v1.PermissionsService';
const SCALES = [1_000, 10_000_000];
/** Ten million tuples are in memory after so long at the latest. */
const SCALE_READY_MS = 180_000;

/**
 * Gatehouse's OpenFGA API beside OpenFGA itself, SpiceDB and a bare server of the same messages: the same relationships, questions and load.
 * @param {{ directory: string, concurrency: number, settings: object, say(text: string): void, keep(server: object): object }} run
 * @returns {Promise<import('../table.mjs').Row[]>}
 */
export async function openFgaRows({ directory, concurrency, settings, say, keep }) {
  say('servers of the OpenFGA comparison');
  const echo = keep(await startProcess([here('grpc-echo.mjs')], ['grpc']));
  const own = keep(await startGatehouse(join(directory, 'openfga')));
  const plain = keep(await startOpenFga());
  const cached = keep(await startOpenFga(CACHES));
  const spicedb = await startSpiceDb().catch((error) => say(error.message));
  if (spicedb) keep(spicedb);
  else say('SpiceDB is not there: its lines are left out');
  const authorization = own.operatorAuthorization;
  const servers = {
    gatehouse: { address: own.grpcAddress, metadata: { authorization }, httpOrigin: own.httpOrigin, authorization },
    openfga: { address: plain.grpcAddress, httpOrigin: plain.httpOrigin },
    cached: { address: cached.grpcAddress, httpOrigin: cached.httpOrigin },
  };
  const permissions = [...permissionTuples()];
  const filled = Object.values(servers).map(async (server) => {
    server.permissions = await fillStore(server, permissions);
  });
  await Promise.all(filled);
  const bare = {
    address: echo.addresses.grpc,
    permissions: { storeId: STORE_ID, modelId: MODEL_ID },
    metadata: { authorization },
  };
  const load =
    (address, call, data, metadata, proto = PROTO) =>
    (seconds) =>
      runGhz({ ...proto, address, call, data, ...(metadata && { metadata }), concurrency, seconds });
  const openFga = (method, dataOf) => (server) =>
    load(server.address, `${SERVICE}/${method}`, dataOf(server), server.metadata);
  const spiceDb = (method, data) =>
    spicedb && load(spicedb.grpcAddress, `${SPICEDB}/${method}`, data, spicedb.metadata, {});
  const rows = [];
  const measure = async (what, loadOf, spice, describe, asked = servers) => {
    say(what);
    const loads = {
      ...(describe.echo && { echo: loadOf(bare) }),
      ...Object.fromEntries(Object.entries(asked).map(([name, server]) => [name, loadOf(server)])),
      ...(spice && { spicedb: spice }),
    };
    rows.push(...comparisonRows(what, await measureInTurn(loads, settings), describe));
  };

  for (const [name, allowed] of [
    ['Check, allowed', true],
    ['Check, denied', false],
  ]) {
    const asked = questions(allowed);
    await measure(name, openFga('Check', checksOf(asked)), spiceDb('CheckPermission', asked.map(permissionRequest)), {
      echo: true,
      aims: { echo: '≥ 95 %', openfga: '≥ 6 x', cached: '> 1 x', spicedb: '> 1 x' },
    });
  }
  await measure(
    `BatchCheck of ${BATCH}`,
    openFga('BatchCheck', batchesOf),
    spiceDb(
      'CheckBulkPermissions',
      batches().map((items) => ({ items: items.map(permissionRequest) })),
    ),
    { echo: true, items: BATCH, aims: { openfga: '≥ 10 x' } },
  );
  const withDocuments = await documentServers({ own: servers.gatehouse, directory, say, keep });
  const listed = `ListObjects, 1,000 of ${DOCUMENTS.toLocaleString('en')}`;
  const why = { openfga: 'On SQLite, as it starts.', cached: 'On SQLite; its answers are up to ten seconds old.' };
  await measure(
    listed,
    openFga('ListObjects', listsOf),
    undefined,
    { aims: { openfga: '≥ 10 x' }, why },
    withDocuments,
  );
  return rows;
}

/** Gatehouse, and OpenFGA with and without caches over one SQLite file: its store in memory cannot be filled with so many in reasonable time. */
async function documentServers({ own, directory, say, keep }) {
  const tuples = [...documentTuples()];
  say(`${tuples.length.toLocaleString('en')} documents`);
  const sqlite = await sqliteStore(directory);
  const plain = keep(await startOpenFga([], sqlite));
  const cached = keep(await startOpenFga(CACHES, sqlite));
  const [ownStore, documents] = await Promise.all([fillStore(own, tuples), fillStore(plain, tuples)]);
  return {
    gatehouse: { ...own, documents: ownStore },
    openfga: { address: plain.grpcAddress, documents },
    cached: { address: cached.grpcAddress, documents },
  };
}

/** One store of a thousand and one of ten million tuples, asked in turn over gRPC. */
export async function scaleRows({ directory, concurrency, settings, say, keep }) {
  const key = `ghk_benchmark000_${randomBytes(32).toString('base64url')}`;
  const loads = {};
  for (const count of SCALES) {
    say(`a store of ${count.toLocaleString('en')} tuples`);
    const dataDir = join(directory, `scale-${count}`);
    mkdirSync(dataDir, { recursive: true });
    const env = {
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_HTTP_ADDR: '127.0.0.1:0',
      GATEHOUSE_GRPC_ADDR: '127.0.0.1:0',
      GATEHOUSE_ADMIN_ADDR: '127.0.0.1:0',
      GATEHOUSE_OPERATOR_KEY: key,
      GATEHOUSE_SEED: 'false',
      GATEHOUSE_LOG_LEVEL: 'warn',
    };
    const server = keep(await startProcess([here('scale-server.mjs'), String(count)], ['grpc'], env, SCALE_READY_MS));
    const data = checksOf(questions(true, count / 2))({ permissions: { storeId: STORE_ID, modelId: MODEL_ID } });
    loads[count] = (seconds) =>
      runGhz({
        ...PROTO,
        address: server.addresses.grpc,
        call: `${SERVICE}/Check`,
        data,
        metadata: { authorization: `Bearer ${key}` },
        concurrency,
        seconds,
      });
  }
  const [few, many] = SCALES;
  const measured = await measureInTurn(loads, settings);
  return [
    loadRow(`OpenFGA API: Check, ${few.toLocaleString('en')} tuples`, measured[few], {
      why: 'The tuples come from a generator in place of the disk; all else is as it is served.',
    }),
    loadRow(`OpenFGA API: Check, ${many.toLocaleString('en')} tuples`, measured[many], {
      ceiling: measured[few],
      aim: '≥ 95 %',
      why: 'Questions spread over all users; the ratio is to the small store.',
    }),
  ];
}

const checksOf =
  (asked) =>
  ({ permissions: { storeId, modelId } }) =>
    asked.map(([object, relation, user]) => ({
      store_id: storeId,
      authorization_model_id: modelId,
      tuple_key: { object, relation, user },
    }));

const batchesOf = ({ permissions: { storeId, modelId } }) =>
  batches().map((asked) => ({
    store_id: storeId,
    authorization_model_id: modelId,
    checks: asked.map(([object, relation, user], at) => ({
      tuple_key: { object, relation, user },
      correlation_id: `c${at}`,
    })),
  }));

const listsOf = ({ documents: { storeId, modelId } }) =>
  viewers().map((user) => ({
    store_id: storeId,
    authorization_model_id: modelId,
    type: 'document',
    relation: 'viewer',
    user,
  }));

const NAMES = {
  echo: 'bare echo',
  openfga: 'OpenFGA, default',
  cached: 'OpenFGA, all caches on, warm',
  spicedb: 'SpiceDB, default',
};
const WHY = {
  echo: 'A bare @grpc/grpc-js server of the same messages.',
  openfga: 'In memory, as it starts.',
  cached: 'In memory; its answers are up to ten seconds old.',
  spicedb: 'In memory, caches as they are; the same schema in its language, its own messages.',
};

function comparisonRows(what, measured, { items = 1, aims, why = WHY }) {
  const { gatehouse, ...others } = measured;
  const line = (name) => `OpenFGA API: ${what}, ${name}`;
  const own = loadRow(line('Gatehouse'), gatehouse, {
    items,
    why: 'Key, message and store looked up, evaluated afresh, no cache; the other lines say how much of them, or how many times, this is.',
  });
  const rows = Object.entries(others).map(([name, figures]) =>
    loadRow(line(NAMES[name]), figures, {
      items,
      compared: gatehouse,
      unit: name === 'echo' ? '%' : 'x',
      aim: aims[name],
      why: why[name],
    }),
  );
  return [own, ...rows];
}
