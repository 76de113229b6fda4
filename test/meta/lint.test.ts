import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const root = join(import.meta.dirname, '..', '..');

/** What the lint says about a text as if it stood at that path: the ids of the rules that fire. */
type Judge = (path: string, text: string) => Promise<string[]>;

function judgeBy(eslint: ESLint): Judge {
  return async (path, text) => {
    const results = await eslint.lintText(text, { filePath: join(root, path) });
    return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
  };
}

/** Rules that need no types work on files that do not exist. */
const untyped = judgeBy(
  new ESLint({
    cwd: root,
    overrideConfig: [
      tseslint.configs.disableTypeChecked,
      {
        languageOptions: { parserOptions: { projectService: false } },
        rules: { '@typescript-eslint/no-unused-vars': 'off' },
      },
    ],
  }),
);
/** Rules that need types are tried at the path of a file that exists. */
const typed = judgeBy(new ESLint({ cwd: root }));
const existing = 'src/core/errors.ts';

const layers = 'coppice/layers';
const syntax = 'no-restricted-syntax';
const use = 'export { thing } from';

/** [path, text, rule that must fire or undefined] */
type Case = readonly [path: string, text: string, rule: string | undefined];

const imports: readonly Case[] = [
  // the core imports nothing
  ['src/core/a.ts', `${use} './b.ts';`, undefined],
  ['src/core/session/a.ts', `${use} '../queue/b.ts';`, undefined],
  ['src/core/a.ts', `${use} 'zod';`, undefined],
  ['src/core/a.ts', `${use} '../protocol/b.ts';`, layers],
  ['src/core/a.ts', `import type { A } from '../state/b.ts'; export type B = A;`, layers],
  ['src/core/a.ts', `export * from '../engine/b.ts';`, layers],
  ['src/core/a.ts', `export type A = import('../git/b.ts').A;`, layers],
  ['src/core/a.ts', `export const a = import('../git/b.ts');`, layers],
  ['src/core/a.ts', `${use} 'yaml';`, layers],
  ['src/core/session/a.ts', `${use} '../../git/b.ts';`, layers],
  // rooms import the core only
  ['src/git/a.ts', `${use} '../core/b.ts';`, undefined],
  ['src/git/a.ts', `${use} '../state/b.ts';`, layers],
  ['src/git/a.ts', `import type { A } from '../executors/b.ts'; export type B = A;`, layers],
  ['src/git/a.ts', `${use} '../protocol/b.ts';`, layers],
  ['src/git/a.ts', `${use} '../engine/b.ts';`, layers],
  ['src/executors/local/a.ts', `${use} '../../agents/b.ts';`, layers],
  ['src/executors/local/a.ts', `${use} '../b.ts';`, undefined],
  ['src/agents/a.ts', `${use} '../cli/b.ts';`, layers],
  ['src/protocol/a.ts', `${use} '../core/b.ts';`, undefined],
  ['src/protocol/a.ts', `${use} '../engine/b.ts';`, layers],
  // the engine wires the rooms, but knows no front end
  ['src/engine/a.ts', `${use} '../protocol/b.ts';`, undefined],
  ['src/engine/a.ts', `${use} '../agents/b.ts';`, undefined],
  ['src/engine/a.ts', `${use} '../cli/b.ts';`, layers],
  ['src/engine/a.ts', `${use} '../extension/b.ts';`, layers],
  ['src/engine/a.ts', `${use} '../state/state-manager.ts';`, undefined],
  ['src/engine/a.ts', `${use} '../state/journal.ts';`, layers],
  ['src/engine/a.ts', `import type { A } from '../state/journal.ts'; export type B = A;`, undefined],
  // front ends know the protocol, and types of the core
  ['src/cli/a.ts', `${use} '../protocol/b.ts';`, undefined],
  ['src/cli/a.ts', `import type { A } from '../core/b.ts'; export type B = A;`, undefined],
  ['src/cli/a.ts', `import { type A } from '../core/b.ts'; export type B = A;`, undefined],
  ['src/cli/a.ts', `${use} '../core/errors.ts';`, undefined],
  ['src/cli/a.ts', `${use} '../core/queue/policy.ts';`, layers],
  ['src/cli/a.ts', `${use} '../engine/b.ts';`, layers],
  ['src/cli/a.ts', `import type { A } from '../engine/b.ts'; export type B = A;`, layers],
  ['src/cli/a.ts', `${use} '../git/b.ts';`, layers],
  ['src/mcp/a.ts', `${use} '../cli/b.ts';`, layers],
  ['src/extension/a.ts', `${use} '../state/b.ts';`, layers],
  // single doors for packages
  ['src/extension/a.ts', `${use} 'vscode';`, undefined],
  ['src/cli/a.ts', `import type { A } from 'vscode'; export type B = A;`, layers],
  ['src/engine/a.ts', `${use} 'vscode';`, layers],
  ['src/state/a.ts', `${use} 'sql.js';`, undefined],
  ['src/engine/a.ts', `${use} 'sql.js';`, layers],
  ['src/git/a.ts', `${use} 'simple-git';`, undefined],
  ['src/engine/a.ts', `${use} 'simple-git';`, layers],
  ['src/cli/a.ts', `${use} 'commander';`, undefined],
  ['src/engine/a.ts', `${use} 'commander';`, layers],
  // processes are started by few
  ['src/git/a.ts', `${use} 'node:child_process';`, undefined],
  ['src/executors/local/a.ts', `${use} 'node:child_process';`, undefined],
  ['src/engine/launch.ts', `${use} 'node:child_process';`, undefined],
  ['src/protocol/client/launch.ts', `${use} 'node:child_process';`, undefined],
  ['src/protocol/contract.ts', `${use} 'node:child_process';`, layers],
  ['src/cli/launch-engine.ts', `${use} 'node:child_process';`, undefined],
  ['src/engine/a.ts', `${use} 'node:child_process';`, layers],
  ['src/cli/a.ts', `${use} 'node:child_process';`, layers],
  ['src/state/a.ts', `${use} 'node:child_process';`, layers],
  // how modules are named
  ['src/git/a.ts', `${use} './b';`, layers],
  ['src/git/a.ts', `${use} './b.js';`, layers],
  ['src/git/a.ts', `${use} 'fs';`, layers],
  ['src/git/a.ts', `${use} '../../test/b.ts';`, layers],
  ['src/git/a.ts', 'export const a = (name: string) => import(name);', layers],
  ['src/utils/a.ts', 'export const a = 1;', layers],
];

const core: readonly Case[] = [
  ...['node:fs', 'node:path', 'node:crypto', 'node:process', 'node:timers/promises'].map((name): Case => [
    'src/core/a.ts',
    `${use} '${name}';`,
    layers,
  ]),
  ['src/core/a.ts', 'export const a = () => Date.now();', syntax],
  ['src/core/a.ts', "export const a = () => Date['now']();", syntax],
  ['src/core/a.ts', 'export const a = () => new Date();', syntax],
  ['src/core/a.ts', 'export const a = () => Date();', syntax],
  ['src/core/a.ts', 'export const a = (at: number) => new Date(at).toISOString();', undefined],
  ['src/core/a.ts', 'export const a = () => Math.random();', syntax],
  ['src/core/a.ts', 'export const a = (f: () => void) => setTimeout(f, 1);', 'no-restricted-globals'],
  ['src/core/a.ts', 'export const a = process.env;', 'no-restricted-globals'],
  ['src/core/a.ts', 'export const a = () => crypto.randomUUID();', 'no-restricted-globals'],
  ['src/core/a.ts', "export const a = () => fetch('x');", 'no-restricted-globals'],
  ['src/engine/a.ts', 'export const a = () => Date.now() + Math.random();', undefined],
];

const long = Array.from({ length: 501 }, (_, index) => `export const a${index} = 1;`).join('\n');
const branchy = Array.from({ length: 15 }, (_, index) => `if (x === ${index}) return ${index};`).join('\n');

const house: readonly Case[] = [
  ['src/engine/a.ts', "console.log('x');", 'no-console'],
  ['src/core/a.ts', "console.error('x');", 'no-console'],
  ['src/extension/a.ts', "console.warn('x');", 'no-console'],
  ['src/cli/a.ts', "console.log('x');", undefined],
  ['src/engine/a.ts', "import { join } from 'node:path';\nexport const a = join('x', 'journal');", syntax],
  ['src/engine/a.ts', "import * as path from 'node:path';\nexport const a = path.join('x', 'snapshot.jsonl');", syntax],
  ['src/git/a.ts', 'export const a = (x: string) => `${x}/journal/000001.jsonl`;', syntax],
  ['src/state/a.ts', "import { join } from 'node:path';\nexport const a = join('x', 'journal');", undefined],
  ['src/engine/a.ts', "export const a = 'the journal is read-only';", undefined],
  ['src/git/a.ts', "import { execSync } from 'node:child_process';\nexport const a = execSync;", syntax],
  ['src/git/a.ts', "import { exec } from 'node:child_process';\nexport const a = exec;", syntax],
  ['src/git/a.ts', "import * as cp from 'node:child_process';\nexport const a = cp;", syntax],
  ['src/git/a.ts', "import cp from 'node:child_process';\nexport const a = cp;", syntax],
  ['src/git/a.ts', "import { spawnSync } from 'node:child_process';\nexport const a = spawnSync;", syntax],
  ['src/git/a.ts', 'export const a = { shell: true };', syntax],
  ['test/unit/git/a.test.ts', 'export const a = { shell: true };', syntax],
  ['src/core/a.ts', "import { z } from 'zod';\nexport const a = z;", syntax],
  ['src/core/a.ts', "import * as z from 'zod';\nexport const a = z;", undefined],
  ['src/core/a.ts', "import type { z } from 'zod';\nexport type A = z.ZodType;", undefined],
  ['src/git/a.ts', 'export enum A { B }', syntax],
  ['src/git/a.ts', 'export class A { constructor(private readonly b: number) {} }', syntax],
  ['src/git/a.ts', 'export namespace A { export const b = 1; }', syntax],
  ['src/git/a.ts', 'export const a: any = 1;', '@typescript-eslint/no-explicit-any'],
  ['test/unit/git/a.test.ts', 'export const a: any = 1;', '@typescript-eslint/no-explicit-any'],
  ['src/git/a.ts', 'export const a = (b?: string) => b!;', '@typescript-eslint/no-non-null-assertion'],
  ['src/git/a.ts', '// @ts-ignore\nexport const a = 1;', '@typescript-eslint/ban-ts-comment'],
  ['src/git/a.ts', '// @ts-expect-error because\nexport const a = 1;', '@typescript-eslint/ban-ts-comment'],
  ['src/git/a.ts', '// @ts-nocheck\nexport const a = 1;', '@typescript-eslint/ban-ts-comment'],
  ['src/git/a.ts', 'export const a = (b: unknown) => b == 1;', 'eqeqeq'],
  ['src/git/a.ts', `export const a = (x: number) => {\n${branchy}\nreturn x;\n};`, 'complexity'],
  ['src/git/a.ts', long, 'max-lines'],
  ['test/unit/git/a.test.ts', long, 'max-lines'],
];

const needTypes: readonly (readonly [text: string, rule: string])[] = [
  ['export const a = async () => 1;\na();', '@typescript-eslint/no-floating-promises'],
  ['export const a = async () => 1;\nvoid a();', '@typescript-eslint/no-floating-promises'],
  [
    'export const a = (b: number[]) => b.forEach(async () => { await Promise.resolve(); });',
    '@typescript-eslint/no-misused-promises',
  ],
  ['export const a = async () => 1;\nif (a()) throw new Error();', '@typescript-eslint/no-misused-promises'],
  [
    "export const a = (b: 'x' | 'y') => {\n  switch (b) {\n    case 'x':\n      return 1;\n  }\n  return 2;\n};",
    '@typescript-eslint/switch-exhaustiveness-check',
  ],
  ["import { Usage } from './agent/usage.ts';\nexport type A = Usage;", '@typescript-eslint/consistent-type-imports'],
  ['export const a = (b: string): number => JSON.parse(b);', '@typescript-eslint/no-unsafe-return'],
];

describe('the lint', function () {
  this.timeout(60_000);

  for (const [title, cases] of Object.entries({
    'layers of rooms': imports,
    'a pure core': core,
    'rules of the house': house,
  })) {
    describe(title, () => {
      for (const [path, text, rule] of cases) {
        const snippet = text.length > 90 ? `${text.slice(0, 90).replaceAll('\n', ' ')}…` : text.replaceAll('\n', ' ');
        it(`${rule === undefined ? 'allows' : 'refuses'} in ${path}: ${snippet}`, async () => {
          const fired = await untyped(path, text);
          if (rule === undefined) assert.deepEqual(fired, []);
          else assert.ok(fired.includes(rule), `${rule} is silent; fired: ${fired.join(', ') || 'nothing'}`);
        });
      }
    });
  }

  describe('rules that need types', () => {
    for (const [text, rule] of needTypes) {
      it(`refuses: ${text.replaceAll('\n', ' ')}`, async () => {
        const fired = await typed(existing, text);
        assert.ok(fired.includes(rule), `${rule} is silent; fired: ${fired.join(', ') || 'nothing'}`);
      });
    }
  });

  it('cannot be switched off from inside a file', async () => {
    for (const comment of ['/* eslint-disable */', '/* eslint-disable no-console */', '/* eslint no-console: off */']) {
      const fired = await untyped('src/engine/a.ts', `${comment}\nconsole.log('x');`);
      assert.ok(fired.includes('no-console'), comment);
      assert.ok(fired.length > 1, `${comment} itself is not reported`);
    }
    const line = await untyped('src/engine/a.ts', "console.log('x'); // eslint-disable-line");
    assert.ok(line.includes('no-console'));
  });
});
