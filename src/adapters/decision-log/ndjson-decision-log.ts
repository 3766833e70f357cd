import { open, type FileHandle } from 'node:fs/promises';
import { Fault } from '../../domain/errors.ts';
import type { DecisionEntry, DecisionLog } from '../../ports/decision-log.ts';

export interface NdjsonDecisionLogOptions {
  /** Appended to; made with mode 0600 when missing. */
  readonly file: string;
  /** Bytes that may wait for the disk, default 4 MiB; entries beyond are dropped and counted. */
  readonly waitingBytesMax?: number;
}

export const WAITING_BYTES_DEFAULT = 4 * 2 ** 20;

/**
 * One JSON object a line, in the order of `record`. Lines go to the disk in batches; a batch that the disk refuses is
 * counted as dropped, and the next one is tried. Rejects with Fault UNAVAILABLE when the file cannot be opened.
 */
export async function openNdjsonDecisionLog(options: NdjsonDecisionLogOptions): Promise<DecisionLog> {
  const { file, waitingBytesMax = WAITING_BYTES_DEFAULT } = options;
  let output: FileHandle;
  try {
    output = await open(file, 'a', 0o600);
  } catch (cause) {
    throw new Fault('UNAVAILABLE', `the decision log ${file} cannot be opened for writing`, { cause });
  }
  return ndjsonDecisionLog(output, waitingBytesMax);
}

/** The part of a file that the log needs. */
export type LogOutput = Pick<FileHandle, 'appendFile' | 'close'>;

export function ndjsonDecisionLog(output: LogOutput, waitingBytesMax: number): DecisionLog {
  let lines: string[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    while (lines.length > 0) {
      const batch = lines;
      lines = [];
      const text = batch.join('');
      try {
        await output.appendFile(text);
      } catch {
        dropped += batch.length;
      }
      waitingBytes -= Buffer.byteLength(text);
    }
    writing = undefined;
  }

  return {
    record(entry: DecisionEntry) {
      const line = `${JSON.stringify(entry)}\n`;
      const bytes = Buffer.byteLength(line);
      if (closed || waitingBytes + bytes > waitingBytesMax) {
        dropped += 1;
        return;
      }
      lines.push(line);
      waitingBytes += bytes;
      writing ??= Promise.resolve().then(drain);
    },
    dropped: () => dropped,
    async close() {
      if (closed) return;
      closed = true;
      await writing;
      await output.close();
    },
  };
}
