import type { Session } from '../../core/session/state.ts';
import type { Model, Outcome } from '../../supervision/model/model.ts';
import type { HomeLayout } from '../process/home.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { Models } from './models.ts';
import { templateText, type TemplateName } from './templates.ts';

/** What judging a turn takes beside a session's own surroundings; the composition root makes it. */
export interface Judges {
  /** Folder of a session's files: what gates printed and what models were asked is kept in it. */
  folder(session: string): string;
  /** The text of a template: the repository's own from the main checkout of a trusted repository, else what is shipped. */
  template(root: string, name: TemplateName): Promise<string>;
  /** The model that reviews for this session, or why there is none. */
  model(session: Session): Promise<Outcome<Model>>;
}

interface JudgesOptions {
  readonly home: Pick<HomeLayout, 'session'>;
  /** Folder of the templates that are shipped. */
  readonly prompts: string;
  readonly clock: () => number;
  readonly settings: (session: Session) => Promise<Settings>;
  readonly signal: AbortSignal;
}

/** The judges of an engine. */
export function engineJudges({ home, prompts, clock, settings, signal }: JudgesOptions): Judges {
  const models = new Models(clock);
  return {
    folder: (session) => home.session(session),
    template: (root, name) => templateText(prompts, root, name),
    model: async (session) => models.of(await settings(session), signal),
  };
}
