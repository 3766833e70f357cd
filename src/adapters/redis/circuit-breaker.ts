export type CircuitState = 'closed' | 'open' | 'half-open';

/** Failures in a row after which calls are refused at once: fewer may be chance. */
export const FAILURES_MAX = 5;
/** How long calls are refused before one of them tries again. */
export const OPEN_MS = 500;

/**
 * Keeps callers from waiting for a server that does not answer. Open after `FAILURES_MAX` failures in a row; after
 * `OPEN_MS` one call passes as a probe, and its outcome closes or opens it again. Moments are of any one clock.
 */
export class CircuitBreaker {
  #failures = 0;
  #openedAtMs: number | undefined;
  #probing = false;

  /** Whether a call may be made; each that may is followed by `succeeded` or `failed`. */
  passes(nowMs: number): boolean {
    if (this.#openedAtMs === undefined) return true;
    if (this.#probing || nowMs < this.#openedAtMs + OPEN_MS) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openedAtMs = undefined;
    this.#probing = false;
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    this.#probing = false;
    if (this.#failures >= FAILURES_MAX) this.#openedAtMs = nowMs;
  }

  state(nowMs: number): CircuitState {
    if (this.#openedAtMs === undefined) return 'closed';
    return nowMs < this.#openedAtMs + OPEN_MS ? 'open' : 'half-open';
  }
}
