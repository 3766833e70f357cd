import type { UserEvent } from './commands.ts';
import { evolve } from './evolve.ts';
import type { UserState } from './state.ts';

/** A decision in the making: the events so far, and the user as they leave it. */
export class Ledger {
  readonly events: UserEvent[] = [];
  /** The user as it was found. */
  readonly before: UserState;
  state: UserState;

  constructor(before: UserState) {
    this.before = before;
    this.state = before;
  }

  add(event: UserEvent): void {
    this.events.push(event);
    this.state = evolve(this.state, event);
  }
}
