/** What package.json promises, and what the extension does in a real extension host. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
  };
}

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('coppice.coppice');
  assert.ok(found !== undefined, 'the extension is not installed');
  return found;
}

describe('the manifest', () => {
  before(async () => extension().activate());

  it('has exactly the commands that the extension registers', async () => {
    const { contributes } = extension().packageJSON as Manifest;
    const views = Object.values(contributes.views).flat();
    // VS Code makes some for each view, e.g. `coppice.sessions.focus`.
    const ofViews = (id: string): boolean => views.some((view) => id.startsWith(`${view.id}.`));
    const promised = contributes.commands.map(({ command }) => command);
    const registered = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith('coppice.'));
    assert.deepEqual(registered.filter((id) => !ofViews(id)).sort(), promised.sort());
  });
});
