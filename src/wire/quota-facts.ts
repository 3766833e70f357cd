/** What an answer says of one quota, in the terms of draft-ietf-httpapi-ratelimit-headers: whole operations and seconds. */
export interface QuotaPolicyFacts {
  /** `day`, `week`; `requests` for the rate of a partner's callers. */
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
  readonly remaining: number;
  /** Until the window next gains room. */
  readonly resetS: number;
}

/** What an answer says of quotas, where HTTP has fields and a problem type of its own for it. */
export interface QuotaFacts {
  readonly policies: readonly QuotaPolicyFacts[];
  /** Present where a quota, or what enforces one, refused. */
  readonly refusal?: {
    readonly code: string;
    readonly rule: string;
    readonly message: string;
    /** Names of the policies that were exceeded. */
    readonly violated: readonly string[];
    /** Absent where time alone does not lift the refusal. */
    readonly retryAfterS?: number;
  };
}

/** Of the problem document of a quota that refused; the word for it in the registry of problem types. */
export const QUOTA_EXCEEDED_TYPE = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
export const QUOTA_EXCEEDED_TITLE = 'Request cannot be satisfied as assigned quota has been exceeded';
