import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test: readonly unknown[] };
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
}

const { services, volumes } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  volumes: Readonly<Record<string, unknown>>;
};

describe('docker-compose.yml', () => {
  it('names the cluster set-up: the service, MongoDB, Redis and OpenFGA', () => {
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['gatehouse', 'gatehouse-cluster', 'mongodb', 'redis', 'openfga']),
    );
    expect(Object.keys(services['gatehouse-cluster']?.environment ?? {})).toEqual([
      'GATEHOUSE_MONGODB_URL',
      'GATEHOUSE_REDIS_URL',
      'GATEHOUSE_OPENFGA_URL',
    ]);
  });

  it('has a set-up with Redis alone, which keeps what was answered and evicts nothing', () => {
    const { environment, depends_on } = services['gatehouse-redis'] ?? {};
    expect(Object.keys(environment ?? {})).toEqual(['GATEHOUSE_REDIS_URL']);
    expect(Object.keys(depends_on ?? {})).toEqual(['redis']);
    const settings = services['redis']?.command?.join(' ');
    for (const setting of ['--appendonly yes', '--appendfsync always', '--maxmemory-policy noeviction']) {
      expect(settings).toContain(setting);
    }
  });

  it('waits only for services that can tell that they are ready', () => {
    for (const [name, { depends_on = {} }] of Object.entries(services)) {
      for (const [dependency, { condition }] of Object.entries(depends_on)) {
        const awaited = services[dependency];
        expect(awaited, `${name} waits for ${dependency}`).toBeDefined();
        if (condition === 'service_healthy') expect(awaited?.healthcheck, dependency).toBeDefined();
      }
    }
  });

  it.each(['gatehouse', 'mongodb', 'redis', 'openfga'])('%s has a pinned image and a health check of words', (name) => {
    const service = services[name];
    expect(service?.image).toMatch(/^[a-z/]+:v?\d+\.\d+/);
    expect(service?.healthcheck?.test.every((word) => typeof word === 'string')).toBe(true);
  });

  it('declares each volume that it uses, and uses each that it declares', () => {
    const used = Object.values(services).flatMap(({ volumes: mounts = [] }) =>
      mounts.map((mount) => mount.split(':')[0]),
    );
    expect(new Set(used)).toEqual(new Set(Object.keys(volumes)));
  });
});
