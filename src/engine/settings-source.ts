import { homedir } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { settingVariables } from '../core/environment.ts';
import type { Limits } from '../core/queue/policy.ts';
import type { Session } from '../core/session/state.ts';
import { variableOf } from '../core/settings/keys.ts';
import { resolveSettings, type Settings } from '../core/settings/settings.ts';
import { builtInAgentIds } from '../agents/registry.ts';
import { Config } from './config/config.ts';
import { PluginFolder } from './plugins/plugin-folder.ts';
import type { Log } from './process/log.ts';

/** Where the settings of one engine come from. */
export interface SettingsSourceOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: () => number;
  readonly log: Log;
  /** Whether the repository with this main checkout is trusted: only then its file is read. */
  readonly trusts: (root: string) => boolean;
}

const billingVariable = variableOf('budget.billing');

/** Whether a session's work is paid by use. */
export type Meter = (session: Pick<Session, 'requester'>) => boolean;

/** The settings in force for a repository and a requester, and the limits of the engine. */
export class SettingsSource {
  readonly config: Config;
  readonly plugins: PluginFolder;
  readonly #options: SettingsSourceOptions;
  #limits: Limits;
  #onLimits: () => void = () => undefined;

  private constructor(options: SettingsSourceOptions, config: Config, plugins: PluginFolder, settings: Settings) {
    this.#options = options;
    this.config = config;
    this.plugins = plugins;
    this.#limits = limitsOf(settings);
  }

  /**
   * Settings that cannot be read must not take the engine away from sessions that run: the defaults hold, and every request
   * that needs settings says what is wrong.
   */
  static async open(options: SettingsSourceOptions): Promise<SettingsSource> {
    const { home, env, clock, log } = options;
    const place = { home, userHome: homedir(), agents: builtInAgentIds };
    const plugins = new PluginFolder({ home, agents: builtInAgentIds, clock });
    const config = new Config({ ...place, plugins, environment: settingVariables(env), clock });
    const settings = await config.settings().catch((error: unknown) => {
      log.warn('the settings cannot be used', { error });
      return resolveSettings([], place).settings;
    });
    return new SettingsSource(options, config, plugins, settings);
  }

  /** Throws `config-invalid`. `variables` are the requester's `COPPICE_…` variables. */
  async of(root: string | undefined, variables: Readonly<Record<string, string>> = {}): Promise<Settings> {
    const own = Object.keys(variables).length === 0;
    const settings = await this.config.settings({
      ...(root === undefined ? {} : { repository: { root, trusted: this.#options.trusts(root) } }),
      ...(own ? {} : { environment: { ...settingVariables(this.#options.env), ...variables } }),
    });
    // The limits are the engine's: a file that was changed counts from the next request on, one requester's shell does not.
    if (own) this.#limit(limitsOf(settings));
    return settings;
  }

  /** Which sessions are paid by use: only of those money is told. Where the settings cannot be read, none is. */
  async meter(): Promise<Meter> {
    const settings = await this.of(undefined).catch(() => undefined);
    const billing = settings?.['budget.billing'] ?? 'subscription';
    return ({ requester }) => (requester.settings[billingVariable] ?? billing) === 'metered';
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Calls `listener` whenever the limits are others than before. There is one listener. */
  onLimits(listener: () => void): void {
    this.#onLimits = listener;
  }

  #limit(limits: Limits): void {
    if (isDeepStrictEqual(limits, this.#limits)) return;
    this.#limits = limits;
    this.#onLimits();
  }
}

function limitsOf(settings: Settings): Limits {
  return {
    running: settings['limits.running'],
    reserved: settings['limits.reserved'],
    waiting: settings['limits.waiting'],
    labels: settings['limits.labels'],
  };
}
