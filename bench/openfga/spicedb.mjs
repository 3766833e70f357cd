import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, startBinary } from '../load/start-binary.mjs';
import { permissionTuples } from './dataset.mjs';
import { postJson, writeAll } from './openfga-client.mjs';

const KEY = 'bench';
/** Relationships of one write, SpiceDB's limit. */
const WRITE_MAX = 1_000;
/** `permission` is a word of the language. */
const PERMISSION_TYPE = 'permit';

/** SpiceDB in memory with its defaults and the relationships of the comparison, documents left out; undefined where it is not installed. */
export async function startSpiceDb() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  const binary = folders.map((folder) => join(folder, 'spicedb')).find((path) => existsSync(path));
  if (binary === undefined) return undefined;
  const grpcAddress = `127.0.0.1:${await freePort()}`;
  const httpAddress = `127.0.0.1:${await freePort()}`;
  const own = ['serve', `--grpc-preshared-key=${KEY}`, `--grpc-addr=${grpcAddress}`, '--datastore-engine=memory'];
  const http = ['--http-enabled', `--http-addr=${httpAddress}`];
  const quiet = ['--metrics-enabled=false', '--telemetry-endpoint=', '--skip-release-check', '--log-level=error'];
  const { stop } = await startBinary(binary, [...own, ...http, ...quiet], `http://${httpAddress}/healthz`);
  const post = (path, body) => postJson(`http://${httpAddress}${path}`, `Bearer ${KEY}`, body);
  try {
    await post('/v1/schema/write', { schema: readFileSync(new URL('schema.zed', import.meta.url), 'utf8') });
    await writeAll([...permissionTuples()], WRITE_MAX, (some) =>
      post('/v1/relationships/write', {
        updates: some.map((tuple) => ({ operation: 'OPERATION_CREATE', relationship: relationshipOf(tuple) })),
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { grpcAddress, metadata: { authorization: `Bearer ${KEY}` }, stop };
}

/** A question as a CheckPermission request, or an item of CheckBulkPermissions. */
export function permissionRequest([object, relation, user]) {
  return { resource: objectOf(object), permission: relation, subject: subjectOf(user) };
}

function relationshipOf([object, relation, user]) {
  return { resource: objectOf(object), relation, subject: subjectOf(user) };
}

function objectOf(name) {
  const [type, objectId] = name.split(':');
  return { objectType: type === 'permission' ? PERMISSION_TYPE : type, objectId };
}

function subjectOf(user) {
  const [name, optionalRelation] = user.split('#');
  return { object: objectOf(name), ...(optionalRelation && { optionalRelation }) };
}
