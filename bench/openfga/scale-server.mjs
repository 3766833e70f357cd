/**
 * Gatehouse as it is composed and served, but that OpenFGA's API has one store whose tuples come from a generator and not from the disk:
 * ten million of them would take longer to write than all else to measure. What a call costs once they are in memory is the same.
 * node scale-server.mjs TUPLES; the directory is GATEHOUSE_DATA_DIR. Prints `grpc ADDRESS` when the tuples are in memory.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createLog, compose } from '../../dist/compose.js';
import { loadConfig } from '../../dist/config.js';
import { StoreIndex } from '../../dist/services/openfga/store-index.js';
import { formatAddress } from '../../dist/wire/address.js';
import { startEdges } from '../../dist/wire/edges.js';
import { benchModel } from './openfga-client.mjs';
import { permissionTuples } from './dataset.mjs';
import { MODEL_ID, STORE_ID } from './scale-store.mjs';

const count = Number(process.argv[2]);
const record = {
  id: STORE_ID,
  name: 'scale',
  ownerId: undefined,
  createdAt: 0,
  latestModelId: MODEL_ID,
  changes: count,
};
const source = benchModel();
const store = {
  head: () => 1,
  store: (id) => (id === STORE_ID ? record : undefined),
  model: (_store, id) => (id === MODEL_ID ? { id, source } : undefined),
  *all() {
    for (const [object, relation, user] of permissionTuples(count)) yield { object, relation, user };
  },
};

const config = loadConfig();
const log = createLog(config);
const app = await compose(config, log);
const index = new StoreIndex(store);
const services = { ...app.services, openfga: { ...app.services.openfga, store, index } };
await index.index(record, index.model(STORE_ID, MODEL_ID));
const edges = await startEdges({
  services,
  authenticate: (token) => app.authenticate(token),
  config,
  log,
  ready: () => app.ready(),
});
console.log(`grpc ${formatAddress(edges.addresses.grpc)}`);
process.once('SIGTERM', async () => {
  await edges.stop({ graceMs: 0 });
  await app.stop();
  await delay(0);
});
