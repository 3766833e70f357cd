/**
 * The bucket of a user for a feature, 0 to 99: stable, so that raising a percentage only adds users (F-1). FNV-1a over
 * `feature/user_id` with a final mix, so that neighbouring ids spread evenly.
 */
export function bucketOf(feature: string, userId: string): number {
  let hash = 0x811c9dc5;
  const text = `${feature}/${userId}`;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 100;
}
