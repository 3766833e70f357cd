// A bare @grpc/grpc-js server of OpenFGA's messages that answers with constants: the ceiling for anything behind this wire.
// Prints its address when it listens; ends with SIGTERM.
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protoDir = fileURLToPath(new URL('../../proto', import.meta.url));
const definition = loadSync('openfga/v1/openfga_service.proto', { includeDirs: [protoDir], keepCase: true });
const { OpenFGAService } = loadPackageDefinition(definition).openfga.v1;

const batchOf = ({ checks }) =>
  Object.fromEntries(checks.map(({ correlation_id: id }) => [id, { allowed: true, check_result: 'allowed' }]));

const server = new Server();
server.addService(OpenFGAService.service, {
  Check: (_call, answer) => answer(null, { allowed: true }),
  BatchCheck: ({ request }, answer) => answer(null, { result: batchOf(request) }),
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`grpc 127.0.0.1:${port}`);
});
process.once('SIGTERM', () => server.forceShutdown());
