import * as vscode from 'vscode';
import { withResolvers } from '../../protocol/client/deadline.ts';
import type { App } from '../app.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { isBusy } from './busy.ts';

/** The bar at the top of the Sessions view, for as long as something goes on that no agent does. */
export function viewProgress(app: App): Disposable {
  const { link, line, sessions, log } = app;
  const owner = new Disposables();
  let end: (() => void) | undefined;
  owner.add({ dispose: () => end?.() });
  const draw = (): void => {
    const { roots, entries } = sessions;
    const landings = line.landings.filter(({ repository }) => roots.includes(repository));
    if (!isBusy(link.state.status, entries.values(), landings)) {
      end?.();
      end = undefined;
    } else if (end === undefined) {
      const { promise, resolve } = withResolvers<undefined>();
      end = () => resolve(undefined);
      vscode.window
        .withProgress({ location: { viewId: 'coppice.sessions' } }, () => promise)
        .then(undefined, (error: unknown) => log.error('Progress could not be shown.', error));
    }
  };
  owner.add(link.onState(draw));
  owner.add(line.onChange(draw));
  owner.add(sessions.onChange(draw));
  draw();
  return owner;
}
