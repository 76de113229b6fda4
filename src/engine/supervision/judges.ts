import type { Session } from '../../core/session/state.ts';
import type { Outcome } from '../../supervision/model/model.ts';
import type { HomeLayout } from '../process/home.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Store } from '../sessions/store.ts';
import { countsOf } from './counts.ts';
import { Models, type Reviewer } from './models.ts';
import { templateText, type TemplateName } from './templates.ts';

/** What judging a turn takes beside a session's own surroundings; the composition root makes it. */
export interface Judges {
  /** Folder of a session's files: what gates printed and what models were asked is kept in it. */
  folder(session: string): string;
  /** The text of a template: the repository's own from the main checkout of a trusted repository, else what is shipped. */
  template(root: string, name: TemplateName): Promise<string>;
  /** The model that reviews for this session, or why there is none. */
  model(session: Session): Promise<Outcome<Reviewer>>;
}

interface JudgesOptions {
  readonly home: Pick<HomeLayout, 'session'>;
  /** `prompts`: folder of the templates. */
  readonly shipped: { readonly prompts: string };
  readonly clock: () => number;
  readonly settings: (session: Session) => Promise<Settings>;
  readonly store: Pick<Store, 'all'>;
  readonly signal: AbortSignal;
}

/** The judges of an engine. */
export function engineJudges({ home, store, shipped, clock, settings, signal }: JudgesOptions): Judges {
  const models = new Models(clock, (model) => countsOf(store, model));
  return {
    folder: (session) => home.session(session),
    template: (root, name) => templateText(shipped.prompts, root, name),
    model: async (session) => models.of(await settings(session), signal),
  };
}
