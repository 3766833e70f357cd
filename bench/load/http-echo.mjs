// A bare Express server that reads a JSON body and answers with a constant: the ceiling for anything behind this wire.
// Prints its address when it listens; ends with SIGTERM.
import express from 'express';
import { CHECK_RESPONSE } from './constant-answers.mjs';

const app = express();
app.use(express.json());
app.post('/v1/check', (_request, response) => {
  response.json(CHECK_RESPONSE);
});
const server = app.listen(0, '127.0.0.1', () => console.log(`http http://127.0.0.1:${server.address().port}`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
