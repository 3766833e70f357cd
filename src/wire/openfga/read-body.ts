import { OpenFgaError } from '../../services/openfga/openfga-error.ts';

/** Levels of a body; deeper is refused before anything walks it. OpenFGA's own limit is five times that. */
export const BODY_NESTING_MAX = 2_000;

/** Parsed JSON of a body of whatever content type; an empty one is an empty object. Throws validation_error. */
export function readBody(body: unknown): unknown {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  if (text.trim() === '') return {};
  if (nestsDeeper(text, BODY_NESTING_MAX)) {
    throw new OpenFgaError('validation_error', `invalid JSON: nested more than ${BODY_NESTING_MAX} levels deep`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new OpenFgaError('validation_error', 'malformed JSON');
  }
}

/** Whether brackets that are open at one place ever number more than `levels`; those within texts do not count. */
function nestsDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        quoted = !quoted;
        break;
      case 0x5c:
        if (quoted) at += 1;
        break;
      case 0x7b:
      case 0x5b:
        if (!quoted && ++depth > levels) return true;
        break;
      case 0x7d:
      case 0x5d:
        if (!quoted) depth -= 1;
        break;
      default:
    }
  }
  return false;
}
