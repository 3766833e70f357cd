import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { loadProtoPackage } from '../../../src/wire/grpc/proto-package.ts';
import { reflectionFiles } from '../../../src/wire/grpc/reflection-files.ts';

interface Message {
  readonly name: string;
  readonly field?: readonly { readonly name: string; readonly typeName?: string }[];
  readonly nestedType?: readonly Message[];
  readonly options?: { readonly mapEntry?: boolean };
}

interface File {
  readonly name: string;
  readonly package: string;
  readonly dependency?: readonly string[];
  readonly messageType?: readonly Message[];
}

const codec = loadSync('google/protobuf/descriptor.proto', { keepCase: true })[
  'google.protobuf.FileDescriptorProto'
] as MessageTypeDefinition<File, File>;
const proto = loadProtoPackage(fileURLToPath(new URL('../../../proto', import.meta.url)));
const files = reflectionFiles(proto.files).map((bytes) => codec.deserialize(bytes));
const messages = (of: readonly Message[] = []): Message[] => of.flatMap((one) => [one, ...messages(one.nestedType)]);

describe('the files that reflection shows', () => {
  it('name every type in full', () => {
    const names = files.flatMap(({ messageType }) => messages(messageType).flatMap(({ field = [] }) => field));
    const typed = names.map(({ typeName }) => typeName ?? '').filter((typeName) => typeName !== '');
    expect(typed.length).toBeGreaterThan(20);
    expect(
      typed.filter((typeName) => !/^\.(gatehouse\.v1|openfga\.v1|google\.(protobuf|rpc))\.\w/.test(typeName)),
    ).toEqual([]);
    expect(typed).toContain('.google.protobuf.Any');
  });

  it('name what they depend on, and hold all of it', () => {
    const dependencies = Object.fromEntries(files.map(({ name, dependency = [] }) => [name, dependency]));
    expect(dependencies).toEqual({
      'gatehouse_v1.proto': ['google_protobuf.proto'],
      'google_protobuf.proto': [],
      'google_rpc.proto': ['google_protobuf.proto'],
      'openfga_v1.proto': ['google_protobuf.proto'],
    });
  });

  it('call the entries of a map as protobuf does', () => {
    const entries = files
      .flatMap(({ messageType }) => messages(messageType))
      .filter(({ options }) => options?.mapEntry);
    expect(entries.map(({ name }) => name).sort()).toEqual([
      'ConditionsEntry',
      'ConditionsEntry',
      'FieldsEntry',
      'MetadataEntry',
      'ParametersEntry',
      'RelationsEntry',
      'RelationsEntry',
      'ResultEntry',
    ]);
  });
});
