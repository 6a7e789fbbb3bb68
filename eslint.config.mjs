import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What everything above is made with. */
const CORE = ['type:domain', 'type:errors', 'type:contracts', 'type:ports', 'type:telemetry'];

/** What may import what: a newcomer's map of the architecture, and the rule that keeps it true. */
const LAYERS = [
  { sourceTag: 'type:domain', onlyDependOnLibsWithTags: ['type:domain'] },
  { sourceTag: 'type:errors', onlyDependOnLibsWithTags: ['type:domain'] },
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['type:domain', 'type:errors'] },
  { sourceTag: 'type:ports', onlyDependOnLibsWithTags: ['type:domain'] },
  { sourceTag: 'type:telemetry', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports'] },
  { sourceTag: 'type:views', onlyDependOnLibsWithTags: [...CORE, 'type:testing'] },
  { sourceTag: 'type:loops', onlyDependOnLibsWithTags: [...CORE, 'type:testing'] },
  {
    sourceTag: 'type:leases',
    onlyDependOnLibsWithTags: [...CORE, 'type:testing'],
  },
  { sourceTag: 'type:patterns', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:tiered-log', onlyDependOnLibsWithTags: [...CORE, 'type:testing'] },
  {
    sourceTag: 'type:archive',
    onlyDependOnLibsWithTags: [...CORE, 'type:testing'],
  },
  { sourceTag: 'type:topic-backup', onlyDependOnLibsWithTags: [...CORE, 'type:testing'] },
  {
    sourceTag: 'type:service',
    onlyDependOnLibsWithTags: [
      ...CORE,
      'type:archive',
      'type:views',
      'type:leases',
      'type:loops',
      'type:patterns',
      'type:testing',
    ],
  },
  { sourceTag: 'type:engine', onlyDependOnLibsWithTags: CORE },
  {
    sourceTag: 'type:catalog',
    onlyDependOnLibsWithTags: [...CORE, 'type:patterns', 'type:testing'],
  },
  {
    sourceTag: 'type:adapter',
    onlyDependOnLibsWithTags: [...CORE, 'type:testing'],
  },
  {
    sourceTag: 'type:runtime',
    onlyDependOnLibsWithTags: [...CORE, 'type:testing'],
  },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: CORE },
  { sourceTag: 'type:web', onlyDependOnLibsWithTags: [] },
  {
    sourceTag: 'type:composition',
    onlyDependOnLibsWithTags: [
      ...CORE,
      'type:service',
      'type:archive',
      'type:topic-backup',
      'type:views',
      'type:loops',
      'type:tiered-log',
      'type:engine',
      'type:catalog',
      'type:adapter',
      'type:runtime',
      'type:testing',
    ],
  },
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: [
      'type:composition',
      ...CORE,
      'type:service',
      'type:archive',
      'type:topic-backup',
      'type:views',
      'type:engine',
      'type:catalog',
      'type:adapter',
      'type:runtime',
      'type:web',
    ],
  },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['*'] },
];

const PURE = 'Domain, contracts and services take time, randomness and I/O through ports (libs/ports).';

const TYPES_ONLY =
  'Ports hold types and interfaces only; code goes to libs/errors, libs/telemetry or an adapter.';

export default [
  { ignores: ['**/node_modules', '**/dist', '.nx', '.tenon', '**/public/**', '**/*.cjs', '**/*.mjs'] },
  ...tseslint.configs.recommended,
  ...nx.configs['flat/base'],
  {
    files: ['**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: LAYERS },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { prefer: 'type-imports', fixStyle: 'separate-type-imports' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: [
      'libs/{domain,errors,contracts,ports,telemetry,views,leases,loops,archive,tiered-log,patterns}/src/**/*.ts',
      'libs/services/*/src/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(node:.*|fs|path|crypto|http|https|net|os|stream|zlib|kafkajs|avsc|protobufjs|@nats-io/.*|mongodb|express|lmdb|@duckdb/.*)$',
              message: PURE,
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        ...['process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'performance'].map((name) => ({
          name,
          message: PURE,
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: PURE },
        { object: 'Math', property: 'random', message: PURE },
        { object: 'crypto', property: 'randomUUID', message: PURE },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: PURE },
      ],
    },
  },
  {
    files: ['libs/ports/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "Program > :not(ImportDeclaration[importKind='type'], ExportNamedDeclaration[exportKind='type'], ExportAllDeclaration[exportKind='type'], TSInterfaceDeclaration, TSTypeAliasDeclaration)",
          message: TYPES_ONLY,
        },
        {
          selector:
            'ExportNamedDeclaration > .declaration:not(TSInterfaceDeclaration, TSTypeAliasDeclaration)',
          message: TYPES_ONLY,
        },
      ],
    },
  },
  { files: ['apps/**/*.ts', 'tools/**/*.{ts,js}'], rules: { 'no-console': 'off' } },
  {
    files: ['tools/**/*.js', 'apps/tenon/bin/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-console': 'off' },
  },
];
