/** The part of a test's context that is used here. */
interface Skippable {
  skip(note?: string): never;
}

/**
 * What the fetcher or starter gives; where it cannot be had the test ends here as skipped, with the reason in the report. Fetchers throw
 * instead under `CI=true`.
 */
export async function serviceOrSkip<T>(ctx: Skippable, fetcher: () => Promise<T | undefined>): Promise<T> {
  return (
    (await fetcher()) ??
    ctx.skip(`${fetcher.name || 'a service'} cannot be had on this machine; standard error says why`)
  );
}
