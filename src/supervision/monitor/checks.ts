/** Which commands are checks of a project, as its gates are: they build, check types or style, or run tests. */
import { isTestPath } from '../../core/supervision/tests.ts';
import { parsed } from './invocation.ts';

/** Names of scripts and targets by which projects call their checks; one that mends or waits is none. */
const script =
  /^(?:t|tst|(?:unit-?)?tests?|specs?|lint|check|types?|type-?check|check-types|build|compile|verify|validate|ci|format[:-]check)(?:[:_.-](?!fix|write|update|watch|dev)[\w:.-]+)?$/iu;

/** Programs that do nothing else. */
const programs = new Set([
  ...['jest', 'vitest', 'mocha', 'ava', 'tap', 'tape', 'jasmine', 'karma', 'cypress', 'playwright', 'qunit', 'uvu'],
  ...['tsc', 'vue-tsc', 'svelte-check', 'eslint', 'oxlint', 'stylelint', 'standard', 'pytest', 'py.test', 'tox', 'nox'],
  ...['mypy', 'pyright', 'flake8', 'pylint', 'pyflakes', 'rspec', 'rubocop', 'phpunit', 'phpstan', 'psalm', 'prove'],
  ...['bats', 'shellcheck', 'ctest', 'golangci-lint', 'staticcheck', 'gotestsum', 'ktlint', 'hadolint', 'behave'],
]);

/** Programs that do so by their first operand. */
const subcommands: Readonly<Record<string, RegExp>> = {
  cargo: /^(?:test|t|check|c|build|b|clippy|nextest)$/u,
  go: /^(?:test|vet|build)$/u,
  deno: /^(?:test|check|lint)$/u,
  dotnet: /^(?:test|build)$/u,
  swift: /^(?:test|build)$/u,
  zig: /^(?:test|build)$/u,
  mix: /^(?:test|compile)$/u,
  dart: /^(?:test|analyze)$/u,
  flutter: /^(?:test|analyze)$/u,
  bazel: /^(?:test|build)$/u,
  ruff: /^check$/u,
  biome: /^(?:check|ci|lint)$/u,
  ...Object.fromEntries(
    ['mvn', 'mvnw', 'gradle', 'gradlew', 'sbt', 'lein', 'stack', 'cabal', 'ant'].map((each) => [
      each,
      /^(?:test|check|verify|build|compile|package|install)$/u,
    ]),
  ),
  ...Object.fromEntries(
    ['make', 'gmake', 'just', 'task', 'rake', 'composer', 'ng', 'nx'].map((each) => [each, script]),
  ),
};

/** Options that take the next word, of programs whose operands are looked at. */
const valued = [
  '--prefix',
  '-w',
  '--workspace',
  '-C',
  '--dir',
  '--filter',
  '-F',
  '--cwd',
  '-f',
  '-j',
  '-m',
  '-p',
  '-o',
];

/** With these nothing is checked: help, a list of what there is. */
const idle =
  /^(?:--help|-h|--version|--list-?tests?|--collect-only|--co|--dry-run|--no-run|--show-?config|--passWithNoTests)$/iu;
/** With these files are written. */
const mending =
  /^(?:--fix\b.*|--write|--apply\b.*|--unsafe|--update-?snapshots?|--snapshot-update|--init|--watch\b.*)$/iu;

interface Words {
  readonly program: string;
  readonly args: readonly string[];
  /** The first and the second operand. */
  readonly first: string;
  readonly second: string;
}

/** Whether a command, given word by word, is a check of a project. */
export function isCheck([program = '', ...args]: readonly string[]): boolean {
  if (args.some((each) => idle.test(each) || mending.test(each))) return false;
  if (programs.has(program)) return true;
  const [first = '', second = ''] = parsed(args, valued).operands;
  if (Object.hasOwn(subcommands, program)) return subcommands[program]?.test(first) === true;
  return kinds.some(([names, holds]) => names.test(program) && holds({ program, args, first, second }));
}

const modules = new Set([...programs, 'unittest', 'doctest', 'py_compile', 'compileall', 'trial']);

const kinds: readonly (readonly [RegExp, (words: Words) => boolean])[] = [
  [/^(?:npm|pnpm|yarn|bun)$/u, ofManager],
  [
    /^(?:uv|poetry|pipenv|pdm|hatch|bundle)$/u,
    ({ args, first }) => /^(?:run|exec)$/u.test(first) && isCheck(args.slice(args.indexOf(first) + 1)),
  ],
  [/^(?:c8|nyc|cross-env)$/u, ({ args }) => isCheck(parsed(args).operands.filter((each) => !/^\w+=/u.test(each)))],
  [/^coverage$/u, ({ args, first }) => first === 'run' && args.some((each) => modules.has(each))],
  [/^(?:prettier|black|rustfmt)$/u, ({ args }) => args.includes('--check') || args.includes('-c')],
  [/^node$/u, ({ args, first }) => args.includes('--test') || args.includes('--check') || isTestPath(first)],
  [
    /^(?:python[\d.]*|ruby|php|perl|tsx|ts-node)$/u,
    ({ args, first }) => (args.includes('-m') ? modules.has(args[args.indexOf('-m') + 1] ?? '') : isTestPath(first)),
  ],
];

/** A script of the project, or a program that the manager runs: `yarn jest`, `pnpm exec vitest`. */
function ofManager({ program, args, first, second }: Words): boolean {
  if (/^run(?:-script)?$/u.test(first)) return script.test(second);
  if (program === 'npm') return /^(?:t|tst|test)$/u.test(first);
  if (script.test(first) || programs.has(first)) return true;
  return /^(?:exec|x)$/u.test(first) && isCheck(args.slice(args.indexOf(first) + 1));
}
