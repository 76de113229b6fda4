import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { requester } from '../engine/requester.ts';
import type { Choice } from '../quick/quick.ts';

/** An agent, or an executor, as the engine found it on this machine. */
export interface Found {
  readonly id: string;
  readonly usable: boolean;
  /** Version and path, or what is wrong. */
  readonly detail: string;
  readonly fix: string | undefined;
  /** The one that is used when none is named. */
  readonly standard: boolean;
}

/** Chosen in place of an agent or an executor: none is named, and the settings say which it is. */
export const bySettings = Symbol('by the settings');

/** The line of a list that gives it. */
export function settingsChoice(): Choice<typeof bySettings> {
  return { label: l10n.t('As in the Settings'), icon: 'settings-gear', gives: bySettings };
}

/** What a check says as a line of a pick, which shows no marks around what is to be typed. At most `most` characters. */
export function quietly(text: string, most: number): string {
  return oneLine(text.replaceAll('`', ''), most);
}

/** The agents that the engine knows, each with whether it can be started here. */
export function findAgents(app: Pick<App, 'link'>): Promise<readonly Found[]> {
  return find(app, 'agent ');
}

/** The places where agents can run, each with whether it can be used. */
export function findExecutors(app: Pick<App, 'link'>): Promise<readonly Found[]> {
  return find(app, 'executor ');
}

async function find({ link }: Pick<App, 'link'>, prefix: string): Promise<readonly Found[]> {
  const { checks } = await link.request('doctor', { requester: requester(process.env) });
  return checks
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, ok, detail, fix, required }) => ({
      id: name.slice(prefix.length),
      usable: ok,
      detail,
      fix,
      standard: required,
    }));
}

/** Whether there is an agent beside the demo; looked for once per engine, in a window without sessions. */
export const agentKey: Contribution = {
  name: 'Search for agents',
  register(app) {
    let searched: unknown;
    const search = (): void => {
      const { connection } = app.link;
      if (connection === undefined || connection === searched || app.sessions.entries.size > 0) return;
      searched = connection;
      findAgents(app)
        .then((found) => {
          const usable = found.some((each) => each.usable && each.id !== 'demo');
          app.keys.set('coppice.agentFound', usable);
        })
        .catch((error: unknown) => app.log.debug('The agents could not be looked for.', error));
    };
    app.keys.set('coppice.agentFound', true);
    search();
    return app.all.onKnowledge(search);
  },
};
