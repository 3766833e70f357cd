/** Every use case of the house, as the edges see them. Composed once, in compose.ts. */
export interface Services {
  readonly placeholder?: never;
}
