/** Settings that are written by hand and are of the wrong type. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { FreshCopy } from './support/fresh-copy.ts';
import { soon } from './support/waiting.ts';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
  };
}

interface Setting {
  readonly type: string | string[];
  readonly default: unknown;
}

/** A value that is never what is asked for. */
const wrong: Readonly<Record<string, unknown>> = {
  ...{ string: 7, number: 'many', integer: 'many', boolean: 'yes', array: 'one', object: 3 },
};

describe('settings', () => {
  const extension = vscode.extensions.getExtension('coppice.coppice');
  const { contributes } = extension?.packageJSON as Manifest;
  const settings = contributes.configuration.flatMap(({ properties }) => Object.entries(properties));
  let copy: FreshCopy;

  before(() => {
    copy = new FreshCopy(extension?.extensionPath ?? '');
    copy.activate(extension?.extensionPath ?? '');
  });
  after(() => copy.deactivate());

  it('are known to VS Code with the defaults of package.json', () => {
    assert.ok(settings.length > 15);
    for (const [name, each] of settings) {
      const found = vscode.workspace.getConfiguration().inspect(name);
      assert.deepEqual(found?.defaultValue, each.default, name);
    }
  });

  it('of the wrong type are named in a message', async () => {
    const configuration = vscode.workspace.getConfiguration();
    for (const [name, each] of settings) {
      const value = wrong[[each.type].flat().find((one) => one !== 'null') ?? ''];
      assert.notEqual(value, undefined, `a wrong ${String(each.type)}`);
      await configuration.update(name, value, vscode.ConfigurationTarget.Global);
    }
    const unnamed = (): string[] =>
      settings.map(([name]) => name).filter((name) => !copy.said.some((text) => text.includes(` ${name} `)));
    await soon(
      () => unnamed().length === 0,
      () => `a message about each of ${unnamed().join(', ')}`,
    );
    for (const [name] of settings) await configuration.update(name, undefined, vscode.ConfigurationTarget.Global);
  }).timeout(120_000);
});
