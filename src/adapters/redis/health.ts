/** What a server is set up to lose, in words for an operator. */
export interface SettingFinding {
  /** `loss`: what was answered may be lost while the server runs; `note`: when it crashes. */
  readonly kind: 'loss' | 'note';
  readonly text: string;
}

/** Reads the reply to INFO. */
export function settingFindings(info: string): readonly SettingFinding[] {
  const value = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const policy = value('maxmemory_policy');
  const findings: SettingFinding[] = [];
  if (policy !== undefined && policy !== 'noeviction') {
    const text = `maxmemory-policy is ${policy}, so sessions and counted operations may be evicted: set maxmemory-policy noeviction`;
    findings.push({ kind: 'loss', text });
  }
  if (value('aof_enabled') === '0') {
    const text = 'appendonly is no, so a crash loses what was counted since the last snapshot: set appendonly yes';
    findings.push({ kind: 'note', text });
  }
  return findings;
}
