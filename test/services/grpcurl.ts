import { goInstall } from './go-install.ts';
import versions from './versions.json' with { type: 'json' };

/** The binary of the command-line client of gRPC; `undefined` where it cannot be had, and an error then under `CI=true`. */
export function grpcurl(): Promise<string | undefined> {
  return goInstall('grpcurl', 'github.com/fullstorydev/grpcurl/cmd/grpcurl', versions.grpcurl);
}
