/** Messages of the desktop, for a person who is in another window: VS Code's own are seen only in its window. */
import { execFile } from 'node:child_process';
import { oneLine } from '../../core/printable.ts';
import type { Log } from '../log/logger.ts';

const textMost = 200;
const limitMs = 10_000;

/** A program with its arguments; no shell reads them. */
export interface DesktopCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * How a desktop is told a text; undefined where that is not known. The text is data: on Linux it is the summary, in which nothing is
 * markup, and on macOS an argument of the script.
 */
export function desktopCommand(text: string, platform: NodeJS.Platform): DesktopCommand | undefined {
  const said = oneLine(text, textMost);
  switch (platform) {
    case 'linux':
      return { program: 'notify-send', args: ['--app-name=Coppice', '--', said] };
    case 'darwin': {
      const script = ['on run argv', 'display notification (item 1 of argv) with title "Coppice"', 'end run'];
      return { program: 'osascript', args: [...script.flatMap((line) => ['-e', line]), '--', said] };
    }
    default:
      return undefined;
  }
}

/** Tells it. A desktop that cannot be told is no trouble: the message is in the window, too. Resolves when it has been told or not. */
export async function tellDesktop({ program, args }: DesktopCommand, log: Pick<Log, 'debug'>): Promise<void> {
  await new Promise<void>((resolve) => {
    execFile(program, [...args], { timeout: limitMs, killSignal: 'SIGKILL' }, (error) => {
      if (error !== null) log.debug(`The desktop was not told (${program}).`, error);
      resolve();
    });
  });
}
