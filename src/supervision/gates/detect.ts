/** The gates of common kinds of projects, from the files in the root of a repository. What is read is data: nothing is run. */
import * as z from 'zod';
import type { GateKind, QualityGate } from '../../core/supervision/gate.ts';

/** Files whose presence or text tells the kind of a project. */
export const telling = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'pyproject.toml',
  'pytest.ini',
  'tox.ini',
  'setup.cfg',
  'setup.py',
  'uv.lock',
  'poetry.lock',
  'Cargo.toml',
  'go.mod',
  'Makefile',
  'makefile',
  'GNUmakefile',
  'pom.xml',
  'mvnw',
  'build.gradle',
  'build.gradle.kts',
  'gradlew',
] as const;

/** The telling files of a root by name; the text may be cut, and is empty for those that only have to be there. */
export type RootFiles = ReadonlyMap<string, string>;

/** The gates that the files suggest, builds and checks before tests. A person sees and may change them before they count. */
export function detectGates(files: RootFiles): readonly QualityGate[] {
  const found = [...ofNode(files), ...ofPython(files), ...ofCargo(files), ...ofGo(files), ...ofJava(files)];
  // A Makefile next to another kind of project most often calls that project's own commands.
  return [...(found.length > 0 ? found : ofMake(files))].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

const order: readonly GateKind[] = ['build', 'types', 'lint', 'test'];

function gate(kind: GateKind, from: string, ...command: readonly string[]): QualityGate {
  return { kind, command, from };
}

const manifest = z.object({
  scripts: z.record(z.string(), z.string()).optional(),
  packageManager: z.string().optional(),
});
const nodeScripts: readonly (readonly [GateKind, readonly string[]])[] = [
  ['types', ['typecheck', 'type-check', 'check-types', 'types']],
  ['lint', ['lint']],
  ['test', ['test']],
];

function ofNode(files: RootFiles): readonly QualityGate[] {
  const text = files.get('package.json');
  const read = text === undefined ? undefined : manifest.safeParse(json(text)).data;
  if (read === undefined) return [];
  const { scripts = {}, packageManager = '' } = read;
  const manager = managerOf(files, packageManager);
  return nodeScripts.flatMap(([kind, names]) => {
    const name = names.find((each) => Object.hasOwn(scripts, each));
    const script = name === undefined ? '' : (scripts[name] ?? '');
    if (name === undefined || script.trim() === '' || /no test specified/u.test(script)) return [];
    // Tests that wait for changes never end.
    if (/(^|\s)--watch(?!\S)|\bwatch\b$/u.test(script)) return [];
    return [gate(kind, 'package.json', manager, 'run', name)];
  });
}

function managerOf(files: RootFiles, declared: string): string {
  const [named] = /^(npm|pnpm|yarn|bun)(?=@)/u.exec(declared) ?? [];
  if (named !== undefined) return named;
  if (files.has('pnpm-lock.yaml')) return 'pnpm';
  if (files.has('yarn.lock')) return 'yarn';
  return files.has('bun.lock') || files.has('bun.lockb') ? 'bun' : 'npm';
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ofPython(files: RootFiles): readonly QualityGate[] {
  const project = files.get('pyproject.toml') ?? '';
  const others = ['pytest.ini', 'tox.ini', 'setup.cfg', 'setup.py'].filter((each) => files.has(each));
  const [from] = [...(files.has('pyproject.toml') ? ['pyproject.toml'] : []), ...others];
  if (from === undefined) return [];
  const runner = files.has('uv.lock') ? ['uv', 'run'] : files.has('poetry.lock') ? ['poetry', 'run'] : [];
  const wantsPytest =
    files.has('pytest.ini') ||
    /\bpytest\b/u.test(project) ||
    others.some((each) => /\bpytest\b/u.test(files.get(each) ?? ''));
  const python = runner.length > 0 ? [...runner, 'python'] : ['python3'];
  return [
    ...(/^\[tool\.mypy/mu.test(project) ? [gate('types', from, ...runner, 'mypy', '.')] : []),
    ...(/^\[tool\.ruff/mu.test(project) ? [gate('lint', from, ...runner, 'ruff', 'check', '.')] : []),
    wantsPytest
      ? gate('test', from, ...python, '-m', 'pytest', '-q')
      : gate('test', from, ...python, '-m', 'unittest', 'discover'),
  ];
}

function ofCargo(files: RootFiles): readonly QualityGate[] {
  if (!files.has('Cargo.toml')) return [];
  const flag = /^\[workspace\]/mu.test(files.get('Cargo.toml') ?? '') ? ['--workspace'] : [];
  return [gate('build', 'Cargo.toml', 'cargo', 'build', ...flag), gate('test', 'Cargo.toml', 'cargo', 'test', ...flag)];
}

function ofGo(files: RootFiles): readonly QualityGate[] {
  if (!files.has('go.mod')) return [];
  return [
    gate('build', 'go.mod', 'go', 'build', './...'),
    gate('lint', 'go.mod', 'go', 'vet', './...'),
    gate('test', 'go.mod', 'go', 'test', './...'),
  ];
}

function ofJava(files: RootFiles): readonly QualityGate[] {
  if (files.has('pom.xml'))
    return [gate('test', 'pom.xml', files.has('mvnw') ? './mvnw' : 'mvn', '-B', '-q', 'verify')];
  const [script] = ['build.gradle', 'build.gradle.kts'].filter((each) => files.has(each));
  return script === undefined
    ? []
    : [gate('test', script, files.has('gradlew') ? './gradlew' : 'gradle', '--console=plain', 'check')];
}

function ofMake(files: RootFiles): readonly QualityGate[] {
  const [name] = ['GNUmakefile', 'makefile', 'Makefile'].filter((each) => files.has(each));
  const text = name === undefined ? '' : (files.get(name) ?? '');
  const targets = new Set([...text.matchAll(/^([\w.-]+)\s*::?(?!=)/gmu)].map(([, target]) => target));
  if (name === undefined) return [];
  const wanted: readonly (readonly [GateKind, readonly string[]])[] = [
    ['lint', ['lint']],
    ['test', ['check', 'test', 'tests']],
  ];
  return wanted.flatMap(([kind, names]) => {
    const target = names.find((each) => targets.has(each));
    return target === undefined ? [] : [gate(kind, name, 'make', target)];
  });
}
