import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PartnerCommand, PolicyFileGiven } from '../../../src/domain/partner/commands.ts';
import { decide } from '../../../src/domain/partner/decide.ts';
import { evolve } from '../../../src/domain/partner/evolve.ts';
import type { PartnerState } from '../../../src/domain/partner/state.ts';
import { compileText, policiesDir } from './fixtures.ts';

const text = readFileSync(join(policiesDir, 'FINT.yaml'), 'utf8');
const given = (yaml: string, modelText = 'model'): PolicyFileGiven => ({
  text: yaml,
  compilation: compileText(yaml),
  modelText,
  digest: `${yaml.length} ${modelText}`,
});
const digestOf = (yaml: string, modelText?: string) => given(yaml, modelText).digest;
const renamed = text.replace('name: Fintra\n', 'name: Fintra Two\n');
const foreign = readFileSync(join(policiesDir, 'MDIA.yaml'), 'utf8');

const active: PartnerState = {
  kind: 'partner',
  providerId: 'FINT' as PartnerState['providerId'],
  rev: 4,
  name: 'Fintra',
  status: 'active',
  createdAt: 1_000,
  region: 'default',
  policy: { version: 3, text, appliedAt: 2_000, digests: ['older'], planVersions: { plus: 1, gone: 3 } },
  modelText: 'model',
};
const stopped: PartnerState = { ...active, status: 'stopped' };
const abroad: PartnerState = { ...active, region: 'eu' };

const now = 9_000;

function after(state: PartnerState | undefined, command: PartnerCommand): PartnerState | undefined {
  const { events, refusal } = decide(command, state, { now });
  expect(refusal).toBeUndefined();
  return events.reduce<PartnerState | undefined>(evolve, state);
}

test('P-1: a partner is registered as its policy says, active, created now', () => {
  expect(after(undefined, { type: 'register', file: given(text) })).toEqual({
    ...active,
    rev: 0,
    createdAt: now,
    policy: {
      version: 1,
      text,
      appliedAt: now,
      digests: [digestOf(text)],
      planVersions: { plus: 1, pro: 1, business: 1, founder: 1 },
    },
  });
});

describe('what is done', () => {
  test.each<[string, PartnerState, PartnerCommand, PartnerState]>([
    ['P-2: stop', active, { type: 'stop' }, stopped],
    ['P-2: start restores all', stopped, { type: 'start' }, active],
    [
      'P-3: another file is the next version, and names the partner',
      active,
      { type: 'apply-policy', file: given(renamed), planVersions: { plus: 2 } },
      {
        ...active,
        name: 'Fintra Two',
        policy: {
          version: 4,
          text: renamed,
          appliedAt: now,
          digests: ['older', digestOf(renamed)],
          planVersions: { plus: 2, gone: 3 },
        },
      },
    ],
    [
      'P-3: another model with the same file is the next version',
      active,
      { type: 'apply-policy', file: given(text, 'model two'), planVersions: { plus: 2 } },
      {
        ...active,
        modelText: 'model two',
        policy: {
          version: 4,
          text,
          appliedAt: now,
          digests: ['older', digestOf(text, 'model two')],
          planVersions: { plus: 2, gone: 3 },
        },
      },
    ],
    [
      'P-3: the file in force is no change',
      active,
      { type: 'apply-policy', file: given(text), planVersions: { plus: 2 } },
      active,
    ],
    [
      'P-2, P-3: a stopped partner may be given a policy, and stays stopped',
      stopped,
      { type: 'apply-policy', file: given(renamed), planVersions: { plus: 2 } },
      {
        ...stopped,
        name: 'Fintra Two',
        policy: {
          version: 4,
          text: renamed,
          appliedAt: now,
          digests: ['older', digestOf(renamed)],
          planVersions: { plus: 2, gone: 3 },
        },
      },
    ],
  ])('%s', (_title, state, command, expected) => {
    expect(after(state, command)).toEqual(expected);
  });

  test('the file in force makes no event', () => {
    expect(
      decide({ type: 'apply-policy', file: given(text), planVersions: { plus: 2 } }, active, { now }).events,
    ).toEqual([]);
  });
});

const ACTIVE = 'provider_id=FINT status=active policy_version=3';

describe('what is refused, with rule, state met and what is possible (B-11)', () => {
  test.each<[PartnerState | undefined, PartnerCommand, string, string, string, readonly string[]]>([
    [active, { type: 'register', file: given(text) }, 'PROVIDER_ID_TAKEN', 'P-1', ACTIVE, ['apply-policy']],
    [
      undefined,
      { type: 'register', file: given(`${text}colour: red\n`) },
      'POLICY_INVALID',
      'P-3',
      'not registered',
      ['register with a policy without errors'],
    ],
    [active, { type: 'start' }, 'PARTNER_ALREADY_ACTIVE', 'P-2', ACTIVE, ['stop']],
    [stopped, { type: 'stop' }, 'PARTNER_ALREADY_STOPPED', 'P-2', ACTIVE.replace('active', 'stopped'), ['start']],
    [
      active,
      { type: 'apply-policy', file: given(`${text}colour: red\n`), planVersions: {} },
      'POLICY_INVALID',
      'P-3',
      ACTIVE,
      ['apply-policy without errors'],
    ],
    [
      active,
      { type: 'apply-policy', file: given(foreign), planVersions: { plus: 2 } },
      'POLICY_OF_OTHER_PARTNER',
      'P-5',
      ACTIVE,
      ['apply-policy of this partner'],
    ],
    [
      abroad,
      { type: 'apply-policy', file: given(renamed), planVersions: { plus: 2 } },
      'REGION_FIXED',
      'P-8',
      ACTIVE,
      ['apply-policy of this partner'],
    ],
  ])('%#', (state, command, code, rule, met, possible) => {
    const { events, refusal } = decide(command, state, { now });
    expect(events).toEqual([]);
    expect(refusal).toMatchObject({ code, rule, state: met, possible });
  });
});

test.each<PartnerCommand>([
  { type: 'stop' },
  { type: 'start' },
  { type: 'apply-policy', file: given(text), planVersions: { plus: 2 } },
])('P-6: $type on what was never registered is not found', (command) => {
  expect(() => decide(command, undefined, { now })).toThrow(expect.objectContaining({ code: 'PARTNER_NOT_FOUND' }));
});

test('a log of events rebuilds the state', () => {
  const commands: PartnerCommand[] = [
    { type: 'register', file: given(text) },
    { type: 'stop' },
    { type: 'apply-policy', file: given(renamed, 'model two'), planVersions: { plus: 2 } },
    { type: 'start' },
  ];
  let state: PartnerState | undefined;
  for (const command of commands) state = after(state, command);
  expect(state).toMatchObject({
    name: 'Fintra Two',
    status: 'active',
    createdAt: now,
    policy: { version: 2 },
    modelText: 'model two',
  });
});
