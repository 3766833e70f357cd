/** The API key of an `Authorization` header: Bearer, or Basic with the key as password. `undefined` for none and for anything else. */
export function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const space = authorization.indexOf(' ');
  const credential = authorization.slice(space + 1).trim();
  switch (authorization.slice(0, space).toLowerCase()) {
    case 'bearer':
      return credential;
    case 'basic': {
      const pair = Buffer.from(credential, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      return colon === -1 ? undefined : pair.slice(colon + 1);
    }
    default:
      return undefined;
  }
}
