// Asks Gatehouse whether a user has a permission:  node check.mjs <user_id> <permission>
// Needs: npm install @grpc/grpc-js @grpc/proto-loader
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protoDir = process.env.GATEHOUSE_PROTO ?? fileURLToPath(new URL('../../../proto', import.meta.url));
const address = process.env.GATEHOUSE_GRPC_ADDR ?? '127.0.0.1:8481'; // or unix:/run/gatehouse.sock
const deadlineMs = Number(process.env.GATEHOUSE_DEADLINE_MS ?? 250);
const key = process.env.GATEHOUSE_KEY;
const [userId, permission] = process.argv.slice(2);
if (!key || !userId || !permission) {
  console.error('usage: GATEHOUSE_KEY=ghk_... node check.mjs <user_id> <permission>');
  process.exit(2);
}

// One client for the life of the application: it keeps the connection and makes it anew after a loss.
const definition = loadSync('gatehouse/v1/decision.proto', { includeDirs: [protoDir], keepCase: true, defaults: true });
const { DecisionService } = loadPackageDefinition(definition).gatehouse.v1;
const client = new DecisionService(address, credentials.createInsecure());
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${key}`);

/** Never throws: an error, a late answer and a lost sidecar are denials (fail closed). */
function check(request) {
  return new Promise((resolve) => {
    client.Check(request, metadata, { deadline: Date.now() + deadlineMs }, (error, decision) => {
      if (error) console.error(`denied for want of an answer: ${error.message}`);
      resolve(error ? { allowed: false, reason: status[error.code] } : decision);
    });
  });
}

const { allowed, reason } = await check({ user_id: userId, permission });
console.log(`allowed=${allowed} reason=${reason}`);
client.close();
process.exitCode = allowed ? 0 : 1;
