// A bare @grpc/grpc-js server of Gatehouse's protos that answers with constants: the ceiling for anything behind this wire.
// Argument: `counted`, to answer admissions as those of a user with quotas. Prints its address when it listens; ends with SIGTERM.
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ADMIT_RESPONSE, CHECK_RESPONSE, COUNTED_ADMIT_RESPONSE } from './constant-answers.mjs';

const protoDir = fileURLToPath(new URL('../../proto', import.meta.url));
const files = ['gatehouse/v1/decision.proto', 'gatehouse/v1/session.proto'];
const definition = loadSync(files, { includeDirs: [protoDir], keepCase: true, longs: Number, enums: String });
const { DecisionService, SessionService } = loadPackageDefinition(definition).gatehouse.v1;

const admission = process.argv[2] === 'counted' ? COUNTED_ADMIT_RESPONSE : ADMIT_RESPONSE;
const server = new Server();
server.addService(DecisionService.service, { Check: (_call, answer) => answer(null, CHECK_RESPONSE) });
server.addService(SessionService.service, { Admit: (_call, answer) => answer(null, admission) });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`grpc 127.0.0.1:${port}`);
});
process.once('SIGTERM', () => server.forceShutdown());
