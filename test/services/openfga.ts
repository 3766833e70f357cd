import { goInstall } from './go-install.ts';
import versions from './versions.json' with { type: 'json' };

/** The binary of the OpenFGA server; `undefined` where it cannot be had, and an error then under `CI=true`. */
export function openfga(): Promise<string | undefined> {
  return goInstall('openfga', 'github.com/openfga/openfga/cmd/openfga', versions.openfga);
}
