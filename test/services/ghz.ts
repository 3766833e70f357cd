import { goInstall } from './go-install.ts';
import versions from './versions.json' with { type: 'json' };

/** The binary of the load generator of gRPC; `undefined` where it cannot be had, and an error then under `CI=true`. */
export function ghz(): Promise<string | undefined> {
  return goInstall('ghz', 'github.com/bojand/ghz/cmd/ghz', versions.ghz);
}
