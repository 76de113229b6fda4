/** Which files of a change the task does not speak of, among the kinds that agents leave behind or change in passing. */
import { isTestPath, type ChangedFile } from './tests.ts';

/** A kind of file that is seldom meant where the task does not say so. */
interface Kind {
  readonly path: RegExp;
  /** Words of a task that speak of such files. */
  readonly words: RegExp;
  /** Only a file that was not there before. */
  readonly added?: true;
  /** Files of which one, changed in the same folder, explains it. */
  readonly with?: readonly string[];
}

const dependencies = /\b(?:lock ?files?|dependenc(?:y|ies)|packages?|install|upgrade|bump|audit)\b/iu;

function lock(name: string, ...manifests: readonly string[]): Kind {
  const path = new RegExp(`(?:^|/)${name.replaceAll('.', String.raw`\.`)}$`, 'u');
  return { path, words: dependencies, with: manifests };
}

const kinds: readonly Kind[] = [
  {
    path: /^(?:\.github\/workflows\/|\.circleci\/|\.buildkite\/)|^(?:\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|bitbucket-pipelines\.yml|Jenkinsfile)$/u,
    words: /\b(?:ci|continuous integration|workflows?|pipelines?|github actions?|jobs?)\b/iu,
  },
  lock('package-lock.json', 'package.json'),
  lock('yarn.lock', 'package.json'),
  lock('pnpm-lock.yaml', 'package.json', 'pnpm-workspace.yaml'),
  lock('Cargo.lock', 'Cargo.toml'),
  lock('poetry.lock', 'pyproject.toml'),
  lock('uv.lock', 'pyproject.toml'),
  lock('Gemfile.lock', 'Gemfile'),
  lock('composer.lock', 'composer.json'),
  lock('go.sum', 'go.mod'),
  {
    path: /^(?:tmp|temp|scratch|logs?)\/|\.(?:log|tmp|bak|orig|rej|swp|pid|pyc|core)$|~$|(?:^|\/)(?:\.DS_Store|Thumbs\.db|nohup\.out)$/iu,
    words: /\b(?:temporary|scratch|log files?|backups?)\b/iu,
    added: true,
  },
  {
    path: /\.(?:sh|bash|ps1|bat|cmd)$|^(?:debug|scratch|repro|tmp|temp|try|helper)(?:[_-][\w-]*|\d*)\.(?:[cm]?[jt]s|py|rb|pl)$/iu,
    words: /\b(?:scripts?|shell|helpers?|tools?|commands?|automat\w+|build|deploy\w*|release|set-?up|install\w*)\b/iu,
    added: true,
  },
  { path: /^(?:\.vscode|\.idea|\.fleet|\.zed)\//u, words: /\b(?:editors?|ide|vs ?code|intellij)\b/iu },
];

/** Paths of changed files that are of such a kind, and of which the task names neither the file nor the kind. */
export function strayFiles(changes: readonly ChangedFile[], task: string): readonly string[] {
  const changed = new Set(changes.map(({ path }) => path));
  return changes.flatMap(({ path, status }) => {
    const kind = kinds.find((each) => each.path.test(path) && (each.added !== true || status === 'added'));
    const meant = kind === undefined || isTestPath(path) || kind.words.test(task) || isNamed(path, task);
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    return meant || kind.with?.some((name) => changed.has(folder + name)) === true ? [] : [path];
  });
}

/** Whether the task names a file: by its path, or by its name. */
function isNamed(path: string, task: string): boolean {
  return task.includes(path.slice(path.lastIndexOf('/') + 1));
}
