import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Core folders decide; they get clock, randomness, network and environment as values (docs/ARCHITECTURE.md). */
const coreFolders = [
  'errors',
  'contracts',
  'model',
  'fold',
  'rules',
  'join',
  'plan',
  'guard',
  'writeback',
  'reconcile',
  'ports',
  'state',
];

const purity = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The core takes the time as a value.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'The core takes the time as a value.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'The core takes randomness as a value.',
  },
  { selector: "MemberExpression[object.name='performance']", message: 'The core takes the time as a value.' },
  { selector: "Identifier[name='process']", message: 'The core knows no process.' },
  { selector: "CallExpression[callee.name='fetch']", message: 'The core does no I/O.' },
  { selector: "MemberExpression[object.name='console']", message: 'The core does not log.' },
  {
    selector: 'CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]',
    message: 'The core keeps no timers.',
  },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.dirbridge/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            'eslint.config.js',
            '.dependency-cruiser.cjs',
            'scripts/guard.mjs',
            'bin/dirbridge.mjs',
          ],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', { max: 340, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: false, named: true, defaultFrom: true } },
      ],
    },
  },
  {
    files: coreFolders.map((folder) => `shared/${folder}/**/*.ts`),
    rules: { 'no-restricted-syntax': ['error', ...purity] },
  },
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
  { files: ['**/*.{js,mjs,cjs}'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } },
  },
);
