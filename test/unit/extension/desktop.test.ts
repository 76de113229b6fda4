import assert from 'node:assert/strict';
import { desktopCommand, tellDesktop, type DesktopCommand } from '../../../src/extension/notifications/desktop.ts';
import { hostile } from './given.ts';

describe('a message of the desktop', () => {
  const told = (text: string, platform: NodeJS.Platform): DesktopCommand => {
    const command = desktopCommand(text, platform);
    assert.ok(command !== undefined);
    return command;
  };

  it('is one argument after all options, on one line, whatever an agent has put into it', () => {
    for (const text of [...hostile, '--icon=/etc/passwd', '" & do shell script "id" & "']) {
      for (const platform of ['linux', 'darwin'] as const) {
        const { args } = told(text, platform);
        assert.equal(args.at(-2), '--');
        assert.match(args.at(-1) ?? '', /^[^\p{Cc}\u202E]{0,200}$/u);
        assert.deepEqual(args.slice(0, -1), told('other', platform).args.slice(0, -1));
      }
    }
  });

  it('is not known where there is no program for it', () => {
    assert.equal(desktopCommand('x', 'win32'), undefined);
  });

  it('that cannot be told, or is refused, is only noted', async () => {
    const notes: unknown[] = [];
    const log = { debug: (...said: readonly unknown[]) => void notes.push(said[0]) };
    await tellDesktop({ program: process.execPath, args: ['-e', ''] }, log);
    assert.deepEqual(notes, []);
    await tellDesktop({ program: '/nowhere/notify-send', args: [] }, log);
    await tellDesktop({ program: process.execPath, args: ['-e', 'process.exit(3)'] }, log);
    assert.equal(notes.length, 2);
  });
});
