import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { Disposables } from '../lifecycle/disposables.ts';

/**
 * Runs `coppice init` for an image as a task of VS Code: its terminal shows how it goes, and stays with what went wrong. Resolves to
 * whether the image is built.
 */
export async function buildImage({ context, home }: Pick<App, 'context' | 'home'>, image: string): Promise<boolean> {
  const env = { COPPICE_HOME: home, COPPICE_EXECUTORS_DOCKER_IMAGE: image, ELECTRON_RUN_AS_NODE: '1' };
  const program = join(context.extensionPath, 'dist', 'cli.js');
  const execution = new vscode.ProcessExecution(process.execPath, [program, 'init'], { env });
  const task = new vscode.Task(
    { type: 'process' },
    vscode.TaskScope.Workspace,
    l10n.t('Build Image {0}', image),
    'Coppice',
    execution,
    [],
  );
  task.presentationOptions = { panel: vscode.TaskPanelKind.Dedicated, clear: true };
  // By its name: it may have ended before whoever starts it is told that it runs, and VS Code hands back another definition.
  const isOurs = ({ task: each }: vscode.TaskExecution): boolean =>
    each.source === task.source && each.name === task.name;
  const owner = new Disposables();
  try {
    return await new Promise<boolean>((resolve, reject) => {
      owner.add(
        vscode.tasks.onDidEndTaskProcess(({ execution: each, exitCode }) => {
          if (isOurs(each)) resolve(exitCode === 0);
        }),
      );
      // The last that is heard of a task; one that has no process ends with this alone.
      owner.add(
        vscode.tasks.onDidEndTask(({ execution: each }) => {
          if (isOurs(each)) resolve(false);
        }),
      );
      vscode.tasks.executeTask(task).then(undefined, reject);
    });
  } finally {
    owner.dispose();
  }
}
