import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { layersRule } from './scripts/lint/layers.js';
import svelteConfig from './svelte.config.js';
import * as forbidden from './scripts/lint/forbidden.js';

/**
 * What the extension may not write, but for the door that is meant for it.
 *
 * @param {string} files
 * @param {string} [door] path of a file
 * @returns {import('eslint').Linter.Config}
 */
const inExtension = (files, door) => {
  const others = forbidden.doorsOfExtension.filter(({ file }) => file !== door);
  const doors = others.map(({ selector, message }) => ({ selector, message }));
  return {
    files: [files],
    rules: { 'no-restricted-syntax': ['error', ...forbidden.everywhere, ...forbidden.inProduct, ...doors] },
  };
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.cache/']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },

  // Everywhere: typed and strict.
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-control-regex': 'off', // text of agents and terminals is full of control characters
      'no-console': 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',
      'no-restricted-syntax': ['error', ...forbidden.everywhere],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true, ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }], // by code points is what is meant
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all' }],
      '@typescript-eslint/require-await': 'off', // a promise that also carries what is thrown at once is wanted
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'max-lines': ['error', { max: 500 }],
    },
  },

  // The product: layers, size, single doors.
  {
    files: ['src/**/*.ts'],
    plugins: { coppice: { rules: { layers: layersRule } } },
    rules: {
      'coppice/layers': 'error',
      complexity: ['error', 15],
      'max-depth': ['error', 4],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...forbidden.everywhere, ...forbidden.inProduct],
    },
  },
  {
    files: ['src/state/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...forbidden.everywhere, ...forbidden.blocking, ...forbidden.heavy] },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...forbidden.globalsInCore],
      'no-restricted-syntax': ['error', ...forbidden.everywhere, ...forbidden.inProduct, ...forbidden.inCore],
    },
  },
  inExtension('src/extension/**/*.ts'),
  ...forbidden.doorsOfExtension.map(({ file }) => inExtension(file, file)),

  // Panels: a browser without Node; of the product they see types and what is written for them.
  svelte.configs.recommended,
  { files: ['webview/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.svelte'],
        parser: tseslint.parser,
        svelteConfig,
      },
    },
    rules: { 'svelte/no-at-html-tags': 'error', 'svelte/no-target-blank': 'error' },
  },
  {
    files: ['webview/**/*.ts', 'webview/**/*.svelte'],
    rules: {
      complexity: ['error', 15],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', 'vscode', 'zod'], message: 'A panel runs in a browser.' },
            {
              regex: '/src/(?!protocol/webview/)',
              allowTypeImports: true,
              message: 'A panel sees types of the product.',
            },
          ],
        },
      ],
    },
  },

  // Programs that talk to a person on standard output.
  { files: ['src/cli/**/*.ts', 'scripts/**', 'bench/**', '*.mjs'], rules: { 'no-console': 'off' } },

  {
    // Plain JavaScript is checked by the compiler through its JSDoc types, whose casts these rules do not see.
    files: ['**/*.js', '**/*.mjs'],
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
