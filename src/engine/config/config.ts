/** The settings in force, from all their sources. */
import { join } from 'node:path';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { knownAgents } from '../../core/settings/agents.ts';
import { placeText, type Place, type Problem } from '../../core/settings/place.ts';
import { emptyLayer, readEnvironment, readFlags, readTree, type Layer } from '../../core/settings/read.ts';
import { resolveSettings, type Resolved, type SettingRow, type Settings } from '../../core/settings/settings.ts';
import type { PluginFolder, Plugins } from '../plugins/plugin-folder.ts';
import { readSettingsText } from './file.ts';

export const userFileName = 'config.yaml';
export const repositoryFileName = '.coppice.yaml';

/** Variables with the prefix of settings that are none: the engine's own, and those that a shell inside of a session has. */
export const otherVariables: readonly string[] = [
  ...['COPPICE_HOME', 'COPPICE_SESSION', 'COPPICE_RUN', 'COPPICE_WORKTREE', 'COPPICE_PORT', 'COPPICE_AGENT_STATE'],
];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where settings are looked for, and what they fall back to. */
export interface ConfigOptions {
  /** The data directory, absolute. */
  readonly home: string;
  /** The user's home directory, absolute. */
  readonly userHome: string;
  /** Ids of the agents that come with Coppice. */
  readonly agents: readonly string[];
  /** Agents that files of their own define. */
  readonly plugins?: Pick<PluginFolder, 'read'>;
  /** Variables that hold where a request brings none of its own. */
  readonly environment: Environment;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** For whom the settings are. Without anything: for the engine as a whole. */
export interface ConfigRequest {
  /** Root of the main checkout. Its file is looked at only when the repository is trusted. */
  readonly repository?: { readonly root: string; readonly trusted: boolean };
  /** The requester's variables. */
  readonly environment?: Environment;
  /** By full key (`agents.demo.model`); text is read as in a variable. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** What `coppice config` shows: every setting with its source, and the files that were looked at. */
export interface Explanation {
  readonly settings: readonly SettingRow[];
  readonly files: readonly { readonly path: string; readonly present: boolean }[];
}

interface FileLayer {
  readonly path: string;
  readonly present: boolean;
  readonly layer: Layer;
}

/** Reads settings afresh for each request; a file that has not changed is not read again. Owns no watcher and no timer. */
export class Config {
  readonly #options: ConfigOptions;
  readonly #cache = new Map<string, { readonly identity: string; readonly layer: Layer }>();
  /** What was worked out last for a request that brings nothing of its own, and from what. */
  #last: { readonly from: readonly unknown[]; readonly resolved: Resolved } | undefined;

  constructor(options: ConfigOptions) {
    this.#options = options;
  }

  /** Throws `config-invalid` with the place of the first problem; `context.problems` has all of them, one a line. */
  async settings(request: ConfigRequest = {}): Promise<Settings> {
    const { resolved } = await this.#read(request);
    if (resolved.problems.length > 0) throw configError(resolved.problems);
    return resolved.settings;
  }

  /** What `coppice config` shows. Throws as `settings` does. */
  async explain(request: ConfigRequest = {}): Promise<Explanation> {
    const { resolved, files } = await this.#read(request);
    if (resolved.problems.length > 0) throw configError(resolved.problems);
    return { settings: resolved.rows, files: files.map(({ path, present }) => ({ path, present })) };
  }

  /** Everything that is wrong, one sentence each; empty when the settings can be used. */
  async problems(request: ConfigRequest = {}): Promise<readonly string[]> {
    const { resolved } = await this.#read(request);
    return resolved.problems.map(problemText);
  }

  async #read(request: ConfigRequest): Promise<{ resolved: Resolved; files: readonly FileLayer[] }> {
    const found = await this.#options.plugins?.read();
    const user = await this.#file(join(this.#options.home, userFileName), 'user');
    const files = [user];
    const { repository } = request;
    if (repository !== undefined && repository.trusted) {
      files.push(await this.#file(join(repository.root, repositoryFileName), 'repository'));
    }
    const from = [found, ...files.map((file) => file.layer)];
    const plain = request.environment === undefined && request.flags === undefined;
    if (plain && this.#last !== undefined && isSame(this.#last.from, from))
      return { resolved: this.#last.resolved, files };
    const resolved = this.#resolve(request, found, files);
    if (plain) this.#last = { from, resolved };
    return { resolved, files };
  }

  #resolve(request: ConfigRequest, found: Plugins | undefined, files: readonly FileLayer[]): Resolved {
    const { home, userHome, agents } = this.#options;
    const plugins = found?.agents ?? {};
    const refused = (found?.refused ?? []).map(({ id }) => id);
    const fromFiles = files.map((file) => file.layer);
    const flags = readFlags(request.flags ?? {});
    const ids = knownAgents([...fromFiles, flags], [...agents, ...Object.keys(plugins)]);
    const variables = readEnvironment(request.environment ?? this.#options.environment, ids, otherVariables);
    const context = { home, userHome, agents, plugins, refused };
    return resolveSettings([...fromFiles, variables, flags], context);
  }

  async #file(path: string, source: 'user' | 'repository'): Promise<FileLayer> {
    const cached = this.#cache.get(path);
    const file = await readSettingsText(
      path,
      { links: source === 'user', clock: this.#options.clock },
      cached?.identity,
    );
    if (file === 'same') return { path, present: true, layer: cached?.layer ?? emptyLayer };
    this.#cache.delete(path);
    if (file.kind === 'absent') return { path, present: false, layer: emptyLayer };
    const layer =
      file.kind === 'text' ? await layerOf(file.text, path, source) : unusable(file, { source, name: path });
    if (file.kind === 'text' && file.settled) this.#cache.set(path, { identity: file.identity, layer });
    return { path, present: true, layer };
  }
}

/** A file that has not changed gives the very layer that it gave before. */
function isSame(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((each, index) => each === after[index]);
}

/** All problems as one error: the first in the message, every one in the context. */
export function configError(problems: readonly Problem[]): CoppiceError {
  const [first] = problems;
  const more = problems.length - 1;
  const tail = more === 0 ? '' : ` (and ${more} more ${more === 1 ? 'problem' : 'problems'} in the settings)`;
  const place = first?.place;
  return new CoppiceError(
    'config-invalid',
    sentence(`${first === undefined ? 'The settings cannot be used' : problemText(first)}${tail}`),
    nextStep(place),
    {
      context: {
        problems: problems.slice(0, shownProblems).map(problemText).join('\n'),
        ...(first === undefined ? {} : { key: first.key, source: first.place.source }),
        ...(place?.line === undefined ? {} : { file: place.name, line: String(place.line) }),
      },
    },
  );
}

/** Settings that cannot be used because of what stands in a file: its user can correct that at any moment. */
export function isMistakeInFile(error: unknown): error is CoppiceError {
  return isCoppiceError(error, 'config-invalid') && ['user', 'repository'].includes(error.context['source'] ?? '');
}

/** More than a screen of them does not help. */
const shownProblems = 50;

function nextStep(place: Place | undefined): string {
  if (place?.source === 'environment') return `Correct or unset ${place.name}, then repeat the command.`;
  if (place?.source === 'flag') return 'Correct the option, then repeat the command.';
  return 'Correct the file, then repeat the command; docs/guides/configuration.md lists every setting.';
}

/** A problem may end with a question. */
function sentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}

function problemText({ place, message }: Problem): string {
  return `${placeText(place)}: ${message}`;
}

async function layerOf(text: string, path: string, source: 'user' | 'repository'): Promise<Layer> {
  // Loaded with the first settings file: many have none, and an engine's start does not wait for it then.
  const { readYaml } = await import('./yaml.ts');
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) {
    const problems = yaml.problems.map(({ at, message }) => ({
      place: { source, name: path, ...at },
      key: '',
      message,
    }));
    return { values: new Map(), problems };
  }
  return readTree(yaml.tree, source, (at, on) => ({ source, name: path, ...yaml.locate(at, on) }));
}

function unusable(file: { readonly reason: string; readonly line?: number }, at: Place): Layer {
  const place = file.line === undefined ? at : { ...at, line: file.line };
  return { values: new Map(), problems: [{ place, key: '', message: file.reason }] };
}
