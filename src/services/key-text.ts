/** An API key as callers send it: `ghk_<id>_<secret>`, id 12 characters a-z 0-9, secret 32 bytes in base64url (design §5). */
export interface KeyText {
  readonly keyId: string;
  readonly secret: string;
}

const KEY = /^ghk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** Undefined for a text of another shape. */
export function parseKeyText(text: string | undefined): KeyText | undefined {
  const [, keyId, secret] = KEY.exec(text ?? '') ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

export function formatKeyText({ keyId, secret }: KeyText): string {
  return `ghk_${keyId}_${secret}`;
}
