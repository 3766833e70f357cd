import { OPENFGA_LIMITS, type OpenFgaLimits } from './services/openfga/openfga-limits.ts';
import { BODY_BYTES_MAX } from './wire/limits.ts';

/** Each limit of OpenFGA's API that can be set, by the name of its setting; what it may be at most, so that one call stays bounded. */
const RANGES = {
  openfga_write_tuples_max: { key: 'writeTuplesMax', min: 1, max: 1_000 },
  openfga_batch_checks_max: { key: 'batchChecksMax', min: 1, max: 1_000 },
  openfga_list_objects_max: { key: 'listObjectsMax', min: 1, max: 100_000 },
  openfga_list_users_max: { key: 'listUsersMax', min: 1, max: 100_000 },
  openfga_list_deadline_ms: { key: 'listDeadlineMs', min: 10, max: 60_000 },
  openfga_model_bytes_max: { key: 'modelBytesMax', min: 1_024, max: BODY_BYTES_MAX },
  openfga_request_bytes_max: { key: 'requestBytesMax', min: 1_024, max: BODY_BYTES_MAX },
} as const satisfies Record<string, { key: keyof OpenFgaLimits; min: number; max: number }>;

type OpenFgaSetting = keyof typeof RANGES;

const setting = (name: OpenFgaSetting, help: string) => ({
  fallback: String(OPENFGA_LIMITS[RANGES[name].key]),
  help: `OpenFGA API: ${help}`,
});

export const OPENFGA_SETTINGS = {
  openfga_write_tuples_max: setting('openfga_write_tuples_max', 'tuples of one write at most'),
  openfga_batch_checks_max: setting('openfga_batch_checks_max', 'checks of one batch at most'),
  openfga_list_objects_max: setting('openfga_list_objects_max', 'objects of one list at most'),
  openfga_list_users_max: setting('openfga_list_users_max', 'users of one list at most'),
  openfga_list_deadline_ms: setting('openfga_list_deadline_ms', 'milliseconds after which a list is cut'),
  openfga_model_bytes_max: setting('openfga_model_bytes_max', 'bytes of an authorization model at most'),
  openfga_request_bytes_max: setting('openfga_request_bytes_max', 'bytes of a request at most'),
};

/** The limits by their settings; a value that is none is reported and left at its default. */
export function openFgaConfig(
  text: (name: OpenFgaSetting) => string | undefined,
  report: (name: OpenFgaSetting, rule: string) => void,
): OpenFgaLimits {
  const limits: { -readonly [K in keyof OpenFgaLimits]: OpenFgaLimits[K] } = { ...OPENFGA_LIMITS };
  for (const name of Object.keys(RANGES) as OpenFgaSetting[]) {
    const { key, min, max } = RANGES[name];
    const given = text(name) ?? '';
    const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) limits[key] = value;
    else report(name, `a whole number, ${min} to ${max}`);
  }
  return limits;
}
