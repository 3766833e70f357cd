import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToSuccess } from './run-command.ts';

export interface TlsFiles {
  /** Paths, in PEM. */
  readonly cert: string;
  readonly key: string;
  /** Text, in PEM: what a client has to trust. */
  readonly ca: string;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/** A self-signed certificate for 127.0.0.1; `undefined` on a machine without openssl. */
export async function tlsFiles(): Promise<TlsFiles | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const cert = join(directory, 'cert.pem');
  const key = join(directory, 'key.pem');
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert];
  const named = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  try {
    await runToSuccess('openssl', ['req', '-x509', ...made, ...named], { timeoutMs: TIMEOUT_MS });
    return { cert, key, ca: await readFile(cert, 'utf8'), remove };
  } catch {
    await remove();
    return undefined;
  }
}
