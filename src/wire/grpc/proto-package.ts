import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import type { MessageFields } from './json-form.ts';

/** The published protos, loaded once at start. */
export interface ProtoPackage {
  readonly fieldsOf: MessageFields;
  /** Descriptors of the files, for reflection. */
  readonly files: readonly Buffer[];
  /** Throws for a service that no proto declares. */
  service(fullName: string): ServiceDefinition;
  /** Throws for a message that no proto declares. */
  message(fullName: string): MessageTypeDefinition<object, object>;
}

interface MessageDescriptor {
  readonly field?: ReturnType<MessageFields>;
  readonly oneofDecl?: readonly { readonly name: string }[];
}

const PACKAGE_DIRS = ['gatehouse/v1', 'openfga/v1'];

/** `protosDir`: the folder that holds `gatehouse/`, `openfga/` and `google/`. Field names as in the files, 64-bit integers as numbers. */
export function loadProtoPackage(protosDir: string): ProtoPackage {
  const files = PACKAGE_DIRS.flatMap((dir) =>
    readdirSync(join(protosDir, dir))
      .filter((name) => name.endsWith('.proto'))
      .map((name) => `${dir}/${name}`),
  );
  const definition = loadSync([...files, 'google/rpc/status.proto'], {
    includeDirs: [protosDir],
    keepCase: true,
    longs: Number,
    enums: String,
  });
  const message = (fullName: string): MessageTypeDefinition<object, object> => {
    const found = definition[fullName];
    if (found === undefined || !('format' in found) || !('serialize' in found))
      throw new Error(`no message ${fullName} in the protos`);
    return found as MessageTypeDefinition<object, object>;
  };
  return {
    files: message('google.rpc.Status').fileDescriptorProtos,
    fieldsOf(fullName) {
      const found = definition[fullName];
      if (found === undefined || !('type' in found)) return undefined;
      const { field, oneofDecl = [] } = found.type as MessageDescriptor;
      // The loader loses the word `optional`, and keeps the oneof of one field that stands for it.
      const withPresence = new Set(oneofDecl.map(({ name }) => name));
      return field?.map((each) => ({ ...each, hasPresence: withPresence.has(`_${each.name}`) }));
    },
    service(fullName) {
      const found = definition[fullName];
      if (found === undefined || 'format' in found) throw new Error(`no service ${fullName} in the protos`);
      return found;
    },
    message,
  };
}
