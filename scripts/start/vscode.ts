import { run } from '../bootstrap/command.mjs';
import { root } from '../workbench/installation.ts';

/** The oldest VS Code that Coppice runs in, as package.json says. */
const lowest = [1, 105] as const;
const limitMs = 30_000;

/** What is opened, and who is told. */
export interface VsCodeOptions {
  /** Folder to open. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/**
 * Opens a folder in a new window of the VS Code on the PATH, with the extension of this clone. False when there is none that
 * will do; why is said, unless there is none at all.
 */
export async function inVsCode({ folder, env, say }: VsCodeOptions): Promise<boolean> {
  const version = await output(['--version'], env);
  if (version === undefined) return false;
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)\.\d+/m.exec(version) ?? [];
  if (Number(major) < lowest[0] || (Number(major) === lowest[0] && Number(minor) < lowest[1])) {
    say(`\`code\` is not VS Code ${lowest.join('.')} or later: using VS Code in the browser.`);
    return false;
  }
  // In a terminal of a window that is connected to another machine, `code` speaks to that window, which loads no such extension.
  if (env['VSCODE_IPC_HOOK_CLI'] !== undefined) {
    say('`code` belongs to a remote window here: using VS Code in the browser.');
    return false;
  }
  const opened = await output(['--new-window', `--extensionDevelopmentPath=${root}`, folder], env);
  if (opened === undefined) {
    say('`code` could not open a window: using VS Code in the browser.');
    return false;
  }
  say(`Coppice is open in VS Code ${major}.${minor}, on ${folder}`);
  return true;
}

/** What `code` printed; undefined when it could not be run or did not succeed. */
async function output(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  let printed = '';
  const { code } = await run('code', args, { cwd: root, env, limitMs, output: (text) => (printed += text) });
  return code === 0 ? printed : undefined;
}
