import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface PolicyFile {
  /** As found, folder included. */
  readonly file: string;
  /** The name of the file without `.yaml`: the partner that it must be of. */
  readonly providerId: string;
  readonly text: string;
}

/** The policy files of a folder: every `*.yaml` but platform.yaml, by name. Throws when the folder cannot be read. */
export function loadPolicies(policiesDir: string): PolicyFile[] {
  return readdirSync(policiesDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml') && entry.name !== 'platform.yaml')
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const file = join(policiesDir, name);
      return { file, providerId: basename(name, '.yaml'), text: readFileSync(file, 'utf8') };
    });
}
