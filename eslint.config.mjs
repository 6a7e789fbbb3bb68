import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What may import what: a newcomer's map of the architecture, and the rule that keeps it true. */
const LAYERS = [
  { sourceTag: 'type:domain', onlyDependOnLibsWithTags: ['type:domain'] },
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['type:domain'] },
  { sourceTag: 'type:ports', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts'] },
  { sourceTag: 'type:views', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports'] },
  {
    sourceTag: 'type:leases',
    onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports', 'type:testing'],
  },
  {
    sourceTag: 'type:service',
    onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports', 'type:views', 'type:leases'],
  },
  { sourceTag: 'type:engine', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports'] },
  {
    sourceTag: 'type:catalog',
    onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports', 'type:testing'],
  },
  {
    sourceTag: 'type:adapter',
    onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports', 'type:testing'],
  },
  {
    sourceTag: 'type:runtime',
    onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports', 'type:testing'],
  },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:domain', 'type:contracts', 'type:ports'] },
  { sourceTag: 'type:web', onlyDependOnLibsWithTags: [] },
  {
    sourceTag: 'type:composition',
    onlyDependOnLibsWithTags: [
      'type:domain',
      'type:contracts',
      'type:ports',
      'type:service',
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
      'type:domain',
      'type:contracts',
      'type:ports',
      'type:service',
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

const PURE =
  'Domain, contracts, ports and services take time, randomness and I/O through ports (libs/ports).';

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
    files: ['libs/{domain,contracts,ports,views,leases}/src/**/*.ts', 'libs/services/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(node:.*|fs|path|crypto|http|https|net|os|stream|zlib|kafkajs|@nats-io/.*|mongodb|express|lmdb|@duckdb/.*)$',
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
  { files: ['apps/**/*.ts', 'tools/**/*.{ts,js}'], rules: { 'no-console': 'off' } },
  {
    files: ['tools/**/*.js', 'apps/tenon/bin/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-console': 'off' },
  },
];
