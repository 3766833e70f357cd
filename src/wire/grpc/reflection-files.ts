import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

interface MessageProto {
  name: string;
  readonly field?: readonly { readonly name: string; typeName?: string }[];
  readonly nestedType?: readonly MessageProto[];
  readonly enumType?: readonly { readonly name: string }[];
  readonly options?: { readonly mapEntry?: boolean };
}

interface FileProto {
  readonly name: string;
  readonly package: string;
  dependency?: string[];
  readonly messageType?: readonly MessageProto[];
  readonly enumType?: readonly { readonly name: string }[];
  readonly service?: readonly {
    readonly method?: readonly { readonly inputType: string; readonly outputType: string }[];
  }[];
}

/**
 * The proto loader's file descriptors as reflection clients need them: type names in full, files that name what they depend on,
 * and map entries by the name that protobuf gives them. The loader leaves all three out, and strict clients (grpcurl) refuse that.
 */
export function reflectionFiles(files: readonly Buffer[]): Buffer[] {
  const codec = loadSync('google/protobuf/descriptor.proto', { keepCase: true, longs: Number, enums: String })[
    'google.protobuf.FileDescriptorProto'
  ] as MessageTypeDefinition<FileProto, FileProto>;
  const protos = files.map((bytes) => codec.deserialize(bytes));
  for (const proto of protos) for (const message of proto.messageType ?? []) nameMapEntries(message);
  const fileOf = new Map<string, string>();
  for (const proto of protos) indexFile(proto, fileOf);
  return protos.map((proto) => {
    link(proto, fileOf);
    return codec.serialize(proto);
  });
}

function nameMapEntries(message: MessageProto): void {
  for (const nested of message.nestedType ?? []) {
    const field = nested.options?.mapEntry
      ? message.field?.find(({ typeName }) => typeName === nested.name)
      : undefined;
    if (field) {
      nested.name = `${pascalCase(field.name)}Entry`;
      field.typeName = nested.name;
    }
    nameMapEntries(nested);
  }
}

const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z0-9])/g, (_match, first: string) => first.toUpperCase());

/** Full name of every type -> the file that declares it. */
function indexFile(proto: FileProto, fileOf: Map<string, string>): void {
  const index = (scope: string, { name, nestedType = [], enumType = [] }: MessageProto): void => {
    const fullName = `${scope}.${name}`;
    fileOf.set(fullName, proto.name);
    for (const nested of nestedType) index(fullName, nested);
    for (const nested of enumType) fileOf.set(`${fullName}.${nested.name}`, proto.name);
  };
  for (const message of proto.messageType ?? []) index(proto.package, message);
  for (const { name } of proto.enumType ?? []) fileOf.set(`${proto.package}.${name}`, proto.name);
}

function link(proto: FileProto, fileOf: ReadonlyMap<string, string>): void {
  const dependencies = new Set<string>();
  const refer = (typeName: string, scope: string): string => {
    const fullName = typeName.startsWith('.') ? typeName.slice(1) : resolve(typeName, scope, fileOf);
    const file = fileOf.get(fullName);
    if (file === undefined) throw new Error(`${proto.name} refers to ${typeName}, which no proto declares`);
    if (file !== proto.name) dependencies.add(file);
    return `.${fullName}`;
  };
  const linkMessage = (message: MessageProto, scope: string): void => {
    const fullName = `${scope}.${message.name}`;
    for (const field of message.field ?? []) {
      if (field.typeName) field.typeName = refer(field.typeName, fullName);
    }
    for (const nested of message.nestedType ?? []) linkMessage(nested, fullName);
  };
  for (const message of proto.messageType ?? []) linkMessage(message, proto.package);
  for (const { inputType, outputType } of (proto.service ?? []).flatMap(({ method = [] }) => method)) {
    refer(inputType, proto.package);
    refer(outputType, proto.package);
  }
  proto.dependency = [...dependencies];
}

/** As protobuf does: from the innermost scope outwards. */
function resolve(typeName: string, scope: string, fileOf: ReadonlyMap<string, string>): string {
  for (let within = scope; within !== ''; within = within.slice(0, Math.max(0, within.lastIndexOf('.')))) {
    if (fileOf.has(`${within}.${typeName}`)) return `${within}.${typeName}`;
  }
  return typeName;
}
