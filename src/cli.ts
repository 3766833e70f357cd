#!/usr/bin/env node
import { main } from './main.ts';

/** The first signal asks for a graceful stop; a second one ends the process as it would without us. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

process.exitCode = await main(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  composition: () => import('./compose.ts'),
  stopped: stopSignal,
});
