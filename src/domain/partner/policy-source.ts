/**
 * A policy file as its author wrote it: the shape of policies/schema.json, after validation.
 * `compile-policy.ts` lays it over the platform's defaults.
 */
export interface PolicySource {
  readonly provider_id: string;
}
