/** What each finding means for a person: pure rules from a probe's answer to a row of `coppice doctor`. */
import type { ErrorRecord } from '../../core/errors.ts';
import { compareVersions } from '../../protocol/version.ts';
import type { Check } from '../../protocol/schemas.ts';

/** Lowest versions that work: `engines` of package.json, and design §8. */
export const lowestNode = '20.19.0';
export const lowestGit = '2.38.0';

/** Older kernels allow 8,192; one worktree of 50,000 files can have some thousand directories. */
const fewWatches = 65_536;
const mebibyte = 1024 * 1024;

/** An agent as its own room found it. */
export interface AgentFinding {
  readonly id: string;
  /** Can be started here. */
  readonly usable: boolean;
  /** Version and path, or what is wrong. */
  readonly detail: string;
  /** One sentence; when it is not usable. */
  readonly fix?: string;
}

/** A repository as far as it may be looked at: of one that is not trusted only the place is known. */
export interface RepositoryFinding {
  readonly root: string;
  readonly trusted: boolean;
  /** Autonomous work on the bare host is allowed. */
  readonly host: boolean;
  /** What keeps sessions from starting in it (bare, no commit, detached head). */
  readonly problem?: ErrorRecord;
}

/** Judges the Node that runs the engine, e.g. `24.1.0`. Required. */
export function nodeCheck(version: string): Check {
  const ok = compareVersions(version, lowestNode) >= 0;
  return row('node', ok, version, 'Install Node 20.19 or later.');
}

/** `text` is what `git --version` prints. */
export function gitCheck(text: string): Check {
  const version = /\b(\d+\.\d+(?:\.\d+)?)/u.exec(text)?.[1];
  const fix = 'Install git 2.38 or later and put it on the PATH.';
  if (version === undefined) return row('git', false, 'the version cannot be read', fix);
  return row('git', compareVersions(version, lowestGit) >= 0, version, fix);
}

/** Judges a program by its absolute path; undefined: it is not on the `PATH`. Required. */
export function programCheck(name: string, path: string | undefined): Check {
  return row(name, path !== undefined, path ?? 'not found', `Install \`${name}\` and put it on the PATH.`);
}

/** The row of a data directory that was written to; one that could not be is a failed probe. */
export function dataCheck(home: string): Check {
  return row('data directory', true, `${home} can be written`);
}

/**
 * Judges free space, given in bytes, against the setting in megabytes (MiB) below which sessions are paused. Required.
 */
export function spaceCheck(freeBytes: number, minFreeMegabytes: number): Check {
  const free = Math.floor(freeBytes / mebibyte);
  const detail = `${free} MB free; sessions are paused below ${minFreeMegabytes} MB`;
  return row('free space', free >= minFreeMegabytes, detail, 'Free some space, or lower `session.minFreeMegabytes`.');
}

/**
 * Judges the number of file watches that one user may have. Too few only slow following down, so it is not required.
 */
export function watchesCheck(limit: number): Check {
  const fix = 'Raise it, for example with `sysctl fs.inotify.max_user_watches=524288`.';
  return { ...row('file watches', limit >= fewWatches, `${limit} allowed for each user`, fix), required: false };
}

/** Judges the settings by their problems, the first of which is shown. Required. */
export function settingsCheck(problems: readonly string[]): Check {
  const [first = 'no problem', ...others] = problems;
  const detail = others.length === 0 ? first : `${first} (and ${others.length} more)`;
  return row('settings', problems.length === 0, detail, 'Correct the line that is named.');
}

/** The agent that is used when none is named has to be there, if it works on this machine; the others are a choice. */
export function agentCheck({ id, usable, detail, fix }: AgentFinding, standard: string | undefined): Check {
  return {
    ...row(`agent ${id}`, usable, detail, fix ?? `Install it, or set \`agents.${id}.command\`.`),
    required: id === standard,
  };
}

/** An executor as it was found. */
export interface ExecutorFinding {
  readonly id: string;
  readonly usable: boolean;
  /** Version or host, or what is wrong. */
  readonly detail: string;
  /** One sentence; when it is not usable. */
  readonly fix?: string;
}

/** The executor that is used when none is named has to be there; the others are a choice. */
export function executorCheck({ id, usable, detail, fix }: ExecutorFinding, standard: string): Check {
  return { ...row(`executor ${id}`, usable, detail, fix ?? 'Use another executor.'), required: id === standard };
}

/** The local model as it was found. */
export interface ModelFinding {
  /** The one that reviews; absent where none does. */
  readonly name?: string;
  /** In a sentence: the server, or what is wrong. */
  readonly detail: string;
  /** One sentence; when no model reviews. */
  readonly fix?: string;
}

/** Rules judge without a model, too. */
export function modelCheck({ name, detail, fix = 'Run `coppice model`.' }: ModelFinding): Check {
  return { ...row('model', name !== undefined, detail, fix), required: false };
}

/** A plugin that is not used; of what kind it is shows where such things are chosen. */
export interface RefusedPlugin {
  readonly id: string;
  readonly kind: 'agent' | 'executor' | undefined;
  /** One sentence with the place. */
  readonly detail: string;
  readonly fix: string;
}

/** Nothing is missing on this machine because of a plugin that cannot be used, unless it is the agent that is used when none is named. */
export function pluginCheck({ id, kind, detail, fix }: RefusedPlugin, standard: string): Check {
  const name = kind === 'agent' ? `agent ${id}` : kind === 'executor' ? `executor wrap:${id}` : `plugin ${id}`;
  return { ...row(name, false, `refused: ${detail}`, fix), required: kind !== 'executor' && id === standard };
}

/** No repository and no trust are states, not faults: nothing is missing on this machine. */
export function repositoryCheck(found: RepositoryFinding | undefined): Check {
  return { ...repositoryRow(found), required: false };
}

function repositoryRow(found: RepositoryFinding | undefined): Check {
  const name = 'repository';
  if (found === undefined) {
    return row(name, false, 'this is not inside of a git repository', 'Change to one, or name it with `--repo`.');
  }
  const { root, trusted, host, problem } = found;
  if (!trusted) {
    return row(
      name,
      false,
      `${root} is not trusted, so nothing runs in it`,
      'Look at what it contains, then run `coppice trust`.',
    );
  }
  if (problem !== undefined) return row(name, false, problem.message, problem.next);
  const consent = host ? 'is allowed' : 'is not allowed (`coppice trust --host`)';
  return row(name, true, `${root} is trusted; autonomous work without a container ${consent}`);
}

/** The row of a probe that gave no answer. */
export function failedCheck(name: string, detail: string, fix: string): Check {
  return row(name, false, detail, fix);
}

function row(name: string, ok: boolean, detail: string, fix?: string): Check {
  return { name, ok, detail, ...(ok || fix === undefined ? {} : { fix }), required: true };
}
