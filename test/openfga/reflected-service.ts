import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import type { Client, ClientDuplexStream } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader';
import type { PackageDefinition } from '@grpc/proto-loader';

const REFLECTION_PROTOS = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json')),
  'build/proto',
);
const SERVICE = 'openfga.v1.OpenFGAService';
/** Names as in the protos; absent scalars as their defaults, so that `allowed: false` is there. */
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: false } as const;

interface ReflectionAnswer {
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_message: string };
}

interface Reflection extends Client {
  ServerReflectionInfo(): ClientDuplexStream<{ file_containing_symbol: string }, ReflectionAnswer>;
}

/**
 * OpenFGA's own definition of its service, asked from a running server by gRPC reflection. Both servers are spoken to by it, so a field
 * number or a name in which they differ shows.
 */
export async function reflectedService(grpcAddress: string): Promise<PackageDefinition> {
  const packages = loadPackageDefinition(
    loadSync('grpc/reflection/v1/reflection.proto', { includeDirs: [REFLECTION_PROTOS], ...OPTIONS }),
  ) as unknown as { grpc: { reflection: { v1: { ServerReflection: new (...args: unknown[]) => Reflection } } } };
  const client = new packages.grpc.reflection.v1.ServerReflection(grpcAddress, credentials.createInsecure());
  try {
    const files = await new Promise<readonly Buffer[]>((resolve, reject) => {
      const call = client.ServerReflectionInfo();
      call.on('error', reject);
      call.on('data', (answer: ReflectionAnswer) => {
        call.end();
        if (answer.file_descriptor_response) resolve(answer.file_descriptor_response.file_descriptor_proto);
        else reject(new Error(answer.error_response?.error_message ?? 'no files'));
      });
      call.write({ file_containing_symbol: SERVICE });
    });
    return loadFileDescriptorSetFromBuffer(fileSet(files), OPTIONS);
  } finally {
    client.close();
  }
}

/** The wire form of a FileDescriptorSet: each file as a length-delimited field 1. */
function fileSet(files: readonly Buffer[]): Buffer {
  return Buffer.concat(files.flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
