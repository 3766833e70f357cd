/** A policy text, and every problem of it in order: `line path rule`. Line 1 is the first line of `text`. */
export interface BadPolicy {
  readonly title: string;
  readonly text: string;
  readonly marks: readonly string[];
  /** A part of the message of the first problem. */
  readonly says: string;
}

const HEAD = `provider_id: ABCD
name: Sample
`;
const PLAN = (id: string, role = 'basic') =>
  `  - { id: ${id}, name: P, available_for: [${role}], price: { amount_minor: 1, currency: EUR }, billing_cycle: monthly }\n`;
const after = (text: string) => HEAD + text;

export const BAD_POLICIES: readonly BadPolicy[] = [
  { title: 'an empty text', text: '', marks: ['1  schema'], says: 'must be object' },
  { title: 'a list', text: '- a', marks: ['1  schema'], says: 'must be object' },
  {
    title: 'YAML that does not close',
    text: after('roles: { enabled: [guest'),
    marks: ['3  schema', '3  schema'],
    says: 'Flow',
  },
  { title: 'two documents', text: after('---\nname: Other\n'), marks: ['3  schema'], says: 'multiple documents' },
  { title: 'an unknown tag', text: after('model: !secret gatehouse\n'), marks: ['3  schema'], says: 'Unresolved tag' },
  {
    title: 'a key given twice',
    text: after('name: Again\n'),
    marks: ['3 /name schema'],
    says: '`name` is given twice',
  },
  {
    title: 'a key given twice below',
    text: after('branding:\n  logo_url: https://a.example\n  logo_url: https://b.example\n'),
    marks: ['5 /branding/logo_url schema'],
    says: 'twice',
  },
  {
    title: 'aliases that lead in a circle',
    text: after('features: &a\n  x: *a\n'),
    marks: ['0  schema'],
    says: 'aliases',
  },
  {
    title: 'an unknown field',
    text: after('colour: red\n'),
    marks: ['3 /colour schema'],
    says: 'there is no field `colour`',
  },
  { title: 'no name', text: 'provider_id: ABCD\n', marks: ['1  schema'], says: '`name` is missing' },
  {
    title: 'a partner id of five characters (P-1)',
    text: 'provider_id: ABCDE\nname: N\n',
    marks: ['1 /provider_id P-1'],
    says: 'exactly 4',
  },
  { title: 'a model that is not there', text: after('model: nowhere\n'), marks: ['3 /model P-3'], says: '`nowhere`' },
  {
    title: 'a time zone that does not exist (S-11)',
    text: after('time_zone: Europe/Atlantis\n'),
    marks: ['3 /time_zone S-11'],
    says: 'Europe/Atlantis',
  },
  {
    title: 'an offset as time zone (S-11)',
    text: after('time_zone: "+01:00"\n'),
    marks: ['3 /time_zone S-11'],
    says: 'IANA',
  },
  {
    title: 'an empty list of roles',
    text: after('roles: { enabled: [] }\n'),
    marks: ['3 /roles/enabled R-2'],
    says: 'an empty list is an error',
  },
  {
    title: 'an unknown role',
    text: after('roles:\n  enabled:\n    - guest\n    - king\n'),
    marks: ['6 /roles/enabled/1 schema'],
    says: 'must be one of guest',
  },
  {
    title: 'a role given twice',
    text: after('roles: { enabled: [guest, guest] }\n'),
    marks: ['3 /roles/enabled R-2'],
    says: 'the same',
  },
  {
    title: 'a role that is switched off and used (R-2)',
    text: after(`roles: { enabled: [guest, basic, admin] }
features:
  export:
    enabled: true
    roles:
      - basic
      - company
permissions:
  own:
    ship: { group: operational, roles: [advanced] }
transitions:
  basic_to_advanced: { promote: call }
plans:
${PLAN('gold', 'advanced')}`),
    marks: [
      '9 /features/export/roles/1 R-2',
      '12 /permissions/own/ship/roles/0 R-2',
      '14 /transitions/basic_to_advanced R-2',
      '16 /plans/0/available_for/0 R-2',
    ],
    says: 'role `company` is switched off',
  },
  {
    title: 'an override of what nobody defines (R-2)',
    text: after('permissions:\n  overrides:\n    fly: { admin: true }\n'),
    marks: ['5 /permissions/overrides/fly R-2'],
    says: 'nobody defines the permission `fly`',
  },
  {
    title: 'an override named like a method of every object (R-2)',
    text: after('permissions:\n  overrides:\n    constructor: { admin: true }\n'),
    marks: ['5 /permissions/overrides/constructor R-2'],
    says: '`constructor`',
  },
  {
    title: 'an own permission with a name of the platform (R-2)',
    text: after('permissions:\n  own:\n    login: { group: general }\n'),
    marks: ['5 /permissions/own/login R-2'],
    says: 'override its cells',
  },
  {
    title: 'withholding what nobody defines (R-4)',
    text: after('permissions:\n  withheld_while_signing:\n    - call_api\n    - fly\n'),
    marks: ['6 /permissions/withheld_while_signing/1 R-4'],
    says: '`fly`',
  },
  {
    title: 'a feature name in capitals',
    text: after('features:\n  Export: { enabled: true }\n'),
    marks: ['4 /features/Export schema'],
    says: 'begins with a letter',
  },
  {
    title: 'a rollout of 101 % (F-1)',
    text: after('features:\n  export:\n    enabled: true\n    rollout: 101\n'),
    marks: ['6 /features/export/rollout F-1'],
    says: 'from 0 to 100',
  },
  {
    title: 'a rollout of -1 % (F-1)',
    text: after('features:\n  export: { enabled: true, rollout: -1 }\n'),
    marks: ['4 /features/export/rollout F-1'],
    says: 'from 0 to 100',
  },
  {
    title: 'a rollout of half a percent (F-1)',
    text: after('features:\n  export: { enabled: true, rollout: 0.5 }\n'),
    marks: ['4 /features/export/rollout F-1'],
    says: 'whole number',
  },
  {
    title: 'an unknown plan in a toggle (F-1)',
    text: after('features:\n  export:\n    enabled: true\n    plans: [gold]\n'),
    marks: ['6 /features/export/plans/0 F-1'],
    says: 'there is no plan `gold`',
  },
  {
    title: 'early access for a user id of six characters (F-1)',
    text: after('features:\n  export: { enabled: true, users: [abc123] }\n'),
    marks: ['4 /features/export/users/0 schema'],
    says: 'must match pattern',
  },
  {
    title: 'sessions of guests (S-1)',
    text: after('sessions:\n  guest: { inactivity_timeout: 2h }\n'),
    marks: ['4 /sessions/guest S-1'],
    says: 'fixed by the platform',
  },
  {
    title: 'quotas of guests (S-2)',
    text: after('quotas:\n  guest: { daily: 50 }\n'),
    marks: ['4 /quotas/guest S-2'],
    says: 'fixed by the platform',
  },
  {
    title: 'limits of basic users (S-7)',
    text: after('quotas:\n  basic:\n    daily: 10\n    weekly: 500\n'),
    marks: ['5 /quotas/basic/daily S-7', '6 /quotas/basic/weekly S-7'],
    says: 'only a plan raises them',
  },
  {
    title: 'a timeout without unit (S-6)',
    text: after('sessions:\n  basic: { inactivity_timeout: 30 }\n'),
    marks: ['4 /sessions/basic/inactivity_timeout S-6'],
    says: 'such as `30m`',
  },
  {
    title: 'no session at all (S-16)',
    text: after('sessions:\n  basic: { open_max: 0 }\n'),
    marks: ['4 /sessions/basic/open_max S-16'],
    says: '>= 1',
  },
  {
    title: 'a warning share above one (S-9)',
    text: after('quotas: { warning_share: 1.5 }\n'),
    marks: ['3 /quotas/warning_share S-9'],
    says: '<= 1',
  },
  {
    title: 'a plan id used twice (B-9)',
    text: after(`plans:\n${PLAN('gold')}${PLAN('gold')}`),
    marks: ['5 /plans/1/id B-9'],
    says: '`gold` is defined already',
  },
  {
    title: 'a plan for guests (B-2)',
    text: after(`plans:\n${PLAN('gold', 'guest')}`),
    marks: ['4 /plans/0/available_for/0 schema'],
    says: 'must be one of basic, advanced, company',
  },
  {
    title: 'entitlements to what does not exist (B-12)',
    text: after(`plans:
  - id: gold
    name: Gold
    available_for: [basic]
    price: { amount_minor: 1, currency: EUR }
    billing_cycle: monthly
    entitlements:
      features:
        - export
      permissions:
        - fly
`),
    marks: ['11 /plans/0/entitlements/features/0 B-12', '13 /plans/0/entitlements/permissions/0 B-12'],
    says: 'there is no feature `export`',
  },
  {
    title: 'a plan that lowers what it should raise (S-7, S-6)',
    text: after(`plans:
  - id: gold
    name: Gold
    available_for: [basic]
    price: { amount_minor: 1, currency: EUR }
    billing_cycle: monthly
    entitlements:
      quotas:
        daily: 19
        weekly: 49
      sessions: { inactivity_timeout: 29m }
`),
    marks: [
      '11 /plans/0/entitlements/quotas/daily S-7',
      '12 /plans/0/entitlements/quotas/weekly S-7',
      '13 /plans/0/entitlements/sessions/inactivity_timeout S-6',
    ],
    says: '19 lowers the limit of 20',
  },
  {
    title: 'a code for switching where nothing is switched (B-8)',
    text: after('subscription: { switch_needs_code: true }\n'),
    marks: ['3 /subscription/switch_needs_code B-8'],
    says: 'without `switching: true`',
  },
  {
    title: 'a condition on an unknown plan (R-7)',
    text: after('transitions:\n  basic_to_advanced:\n    guard: { plan: gold }\n'),
    marks: ['5 /transitions/basic_to_advanced/guard/plan R-7'],
    says: '`gold`',
  },
  {
    title: 'a role tied to an unknown plan (R-8)',
    text: after('transitions:\n  advanced_to_company: { tied_to: gold }\n'),
    marks: ['4 /transitions/advanced_to_company/tied_to R-8'],
    says: '`gold`',
  },
  {
    title: 'a role tied to a plan that it may not hold (R-8)',
    text: after(`transitions:\n  basic_to_advanced: { tied_to: gold }\nplans:\n${PLAN('gold', 'company')}`),
    marks: ['4 /transitions/basic_to_advanced/tied_to R-8'],
    says: 'may not hold',
  },
  {
    title: 'two conditions in one (R-7)',
    text: after('transitions:\n  basic_to_advanced:\n    guard: { approval: true, verification: advanced }\n'),
    marks: ['5 /transitions/basic_to_advanced/guard R-7'],
    says: 'more than 1',
  },
  {
    title: 'a condition of another step (R-7)',
    text: after('transitions:\n  basic_to_advanced:\n    guard: { onboarding: true }\n'),
    marks: ['5 /transitions/basic_to_advanced/guard/onboarding R-7'],
    says: 'no condition of basic_to_advanced',
  },
  {
    title: 'a level of another step (R-7)',
    text: after('transitions:\n  advanced_to_company:\n    guard: { verification: basic }\n'),
    marks: ['5 /transitions/advanced_to_company/guard/verification R-7'],
    says: '`business`',
  },
  {
    title: 'conditions nested nine deep (R-7)',
    text: after(
      `transitions:\n  basic_to_advanced:\n    guard: ${'{ all_of: ['.repeat(8)}{ approval: true }${'] }'.repeat(8)}\n`,
    ),
    marks: [`5 /transitions/basic_to_advanced/guard${'/all_of/0'.repeat(8)} R-7`],
    says: 'at most 8 deep',
  },
  {
    title: 'a rung without its parameter (S-8)',
    text: after('quotas:\n  basic:\n    on_exceed:\n      - { action: cooldown, times: 2 }\n'),
    marks: ['6 /quotas/basic/on_exceed/0 S-8', '6 /quotas/basic/on_exceed/0 S-8'],
    says: '`cooldown` needs `for`',
  },
  {
    title: 'a rung that restricts what nobody defines (S-8)',
    text: after('quotas:\n  basic:\n    on_exceed:\n      - { action: restrict, permissions: [fly] }\n'),
    marks: ['6 /quotas/basic/on_exceed/0/permissions/0 S-8'],
    says: '`fly`',
  },
  ...(
    [
      [
        'parameters of other actions',
        'warn, every: 1m, for: 1m, permissions: [call_api]',
        ['/every', '/for', '/permissions'],
        'belongs to',
      ],
      ['a rate without its time', 'rate_limit, for: 1m', ['', '/for'], '`rate_limit` needs `every`'],
      ['a rate of more than 7 days', 'rate_limit, every: 8d', ['/every'], '8d is more than 7 days'],
      ['a cooldown of more than 90 days', 'cooldown, for: 91d', ['/for'], '91d is more than 90 days'],
      ['a look back of more than 90 days', 'warn, times: 2, within: 2161h', ['/within'], 'is more than 90 days'],
      ['more days than there are', 'warn, times: 8, within: 7d', ['/times'], '8 days do not lie within 7d'],
      ['two days within half of one', 'warn, times: 2, within: 12h', ['/times'], '2 days do not lie within 12h'],
      ['a time without a number', 'warn, within: 7d', [''], '`times` and `within` go together'],
    ] as const
  ).map(([title, rung, paths, says]) => ({
    title: `a rung with ${title} (S-8)`,
    text: after(`quotas:\n  basic:\n    on_exceed:\n      - { action: ${rung} }\n`),
    marks: paths.map((path) => `6 /quotas/basic/on_exceed/0${path} S-8`),
    says,
  })),
  ...(
    [
      ['the answer of old', 'allow', [''], 'must be object'],
      ['nobody admitted', '{ admit: [], operations: 5 }', ['/admit'], 'an empty list'],
      ['guests admitted', '{ admit: [guest], operations: 5 }', ['/admit/0'], 'must be one of basic', 'schema'],
      ['a number without end', '{ admit: [basic], operations: 1001 }', ['/operations'], '1000'],
      ['no number', '{ admit: [basic] }', [''], '`operations` is missing'],
    ] as const
  ).map(([title, value, paths, says, rule = 'C-3']) => ({
    title: `on outage: ${title} (C-3)`,
    text: after(`quotas:\n  on_outage: ${value}\n`),
    marks: paths.map((path) => `4 /quotas/on_outage${path} ${rule}`),
    says,
  })),
];

/** What can be said and is not acted on yet: refused, with the words of the message. */
export const NOT_YET: readonly BadPolicy[] = [
  {
    title: 'a region of its own',
    text: after('region: eu\n'),
    marks: ['3 /region P-8'],
    says: 'a region other than `default` (`eu`) is not acted on yet',
  },
  {
    title: 'activity as a condition',
    text: after(
      'transitions:\n  basic_to_advanced:\n    guard:\n      any_of:\n        - activity: { operations: 100, within: 30d }\n',
    ),
    marks: ['7 /transitions/basic_to_advanced/guard/any_of/0/activity R-7'],
    says: 'the condition `activity` is not acted on yet',
  },
  {
    title: 'transaction volume as a condition',
    text: after(
      'transitions:\n  basic_to_advanced:\n    guard:\n      transaction_volume: { amount_minor: 100, currency: EUR, within: 30d }\n',
    ),
    marks: ['6 /transitions/basic_to_advanced/guard/transaction_volume R-7'],
    says: 'the condition `transaction_volume` is not acted on yet',
  },
  {
    title: 'a downgrade condition',
    text: after('downgrades:\n  - { from: advanced, when: activity_below, operations: 5, within: 90d }\n'),
    marks: ['4 /downgrades/0 R-8'],
    says: 'a downgrade condition of the partner is not acted on yet',
  },
  {
    title: 'callers with tokens of their own issuer',
    text: after(
      'authentication:\n  jwt:\n    - { issuer: "https://i.example", audience: a, algorithms: [ES256], jwks_url: "https://i.example/keys" }\n',
    ),
    marks: ['4 /authentication/jwt P-4'],
    says: 'authentication of callers by JWT is not acted on yet',
  },
];

/** Findings that do not keep a file from being applied. */
export const WARNED: readonly BadPolicy[] = [
  ...(
    [
      ['that another is met before', 'warn, over: 5 operations', 'review, over: 4 operations', 0, 'never acts: rung 2'],
      ['that any excess goes past', 'warn, over: 5 %', 'review', 0, 'never acts: rung 2'],
      [
        'that a rung of fewer days goes past',
        'warn, times: 3, within: 7d',
        'review, times: 2, within: 7d',
        0,
        'never acts: rung 2',
      ],
      [
        'behind one that refuses everything',
        'cooldown, for: 1m',
        'review, over: 2 operations',
        1,
        'hardly ever acts: rung 1',
      ],
    ] as const
  ).map(([title, first, second, index, says]) => ({
    title: `a rung ${title} (S-8)`,
    text: after(`quotas:\n  basic:\n    on_exceed:\n      - { action: ${first} }\n      - { action: ${second} }\n`),
    marks: [`${6 + index} /quotas/basic/on_exceed/${index} S-8 warning`],
    says,
  })),
  {
    title: 'a role that nothing leads to (R-6)',
    text: after('roles: { enabled: [guest, basic, company, admin] }\n'),
    marks: ['3 /roles/enabled R-6 warning'],
    says: 'no step leads to `company`',
  },
  {
    title: 'a daily limit above the weekly one (S-7)',
    text: after(`plans:\n${PLAN('gold').replace(' }\n', ', entitlements: { quotas: { daily: 60 } } }\n')}`),
    marks: ['4 /plans/0/entitlements/quotas/daily S-7 warning'],
    says: 'met before 60 a day',
  },
  {
    title: 'a condition on a plan that nobody before the step may hold (R-7)',
    text: after(`transitions:\n  basic_to_advanced:\n    guard: { plan: gold }\nplans:\n${PLAN('gold', 'advanced')}`),
    marks: ['5 /transitions/basic_to_advanced/guard/plan R-7 warning'],
    says: 'may hold the plan `gold`',
  },
];
