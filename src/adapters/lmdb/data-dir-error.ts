/** The data directory cannot be used. `message` is one sentence for the operator; `cause` is for the log. */
export class DataDirError extends Error {
  readonly dataDir: string;

  constructor(dataDir: string, reason: string, cause?: unknown) {
    super(`the data directory ${dataDir} ${reason}`, cause === undefined ? undefined : { cause });
    this.name = 'DataDirError';
    this.dataDir = dataDir;
  }
}
