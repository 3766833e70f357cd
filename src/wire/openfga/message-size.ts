import type { Field, FieldType } from './message-shape.ts';
import type { JsonMessage } from './json-message.ts';
import { shapeOf } from './messages.ts';

/** Bytes of a tag: every field here has a number below 16. */
const TAG = 1;

/** The length of a message of texts, words and messages encoded as protobuf, in bytes. */
export function messageSize(name: string, message: JsonMessage): number {
  let size = 0;
  for (const [key, field] of Object.entries(shapeOf(name))) {
    const value = message[key];
    if (value !== undefined) size += fieldSize(field, value);
  }
  return size;
}

function fieldSize({ label, type }: Field, value: unknown): number {
  switch (label) {
    case 'single':
    case 'oneof':
      return TAG + valueSize(type, value);
    case 'list':
      return (value as readonly unknown[]).reduce<number>((size, item) => size + TAG + valueSize(type, item), 0);
    case 'map':
      return Object.entries(value as JsonMessage).reduce((size, [key, item]) => {
        return size + TAG + delimited(TAG + delimited(Buffer.byteLength(key)) + TAG + valueSize(type, item));
      }, 0);
    default:
      return label satisfies never;
  }
}

function valueSize(type: FieldType, value: unknown): number {
  if (type.kind === 'message') return delimited(messageSize(type.message, value as JsonMessage));
  if (type.kind === 'string') return delimited(Buffer.byteLength(value as string));
  return TAG;
}

/** A length before as many bytes. */
function delimited(length: number): number {
  let prefix = 1;
  for (let left = length; left >= 128; left = Math.floor(left / 128)) prefix += 1;
  return prefix + length;
}
