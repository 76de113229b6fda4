import type { Detected, Detection } from '../agent.ts';
import { lastWords } from '../exit.ts';

/** The oldest version whose stream was tried. */
const oldestTried = [2, 1, 197] as const;
const install = 'Install it with `npm install -g @anthropic-ai/claude-code`';
const point = 'or set `agents.claude-code.command`.';

/** Asks the program for its version. */
export function detection(program: string): Detection {
  return {
    command: program,
    args: ['--version'],
    parse: (stdout, stderr, code) => detected(program, stdout, stderr, code),
  };
}

function detected(program: string, stdout: string, stderr: string, code: number | undefined): Detected {
  if (code === undefined)
    return { problem: `Claude Code (\`${program}\`) cannot be started.`, fix: `${install}, ${point}` };
  const found = /(?:^|\s)v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?=[\s-]|$)/u.exec(stdout);
  if (code !== 0 || found === null) {
    const words = lastWords(stderr) ?? lastWords(stdout);
    const why = words === undefined ? '' : ` It said: ${words.split('\n')[0] ?? ''}`;
    const problem = `\`${program} --version\` ended with code ${code} and without a version.${why}`;
    return { problem, fix: `Try \`${program} --version\` yourself; ${install.toLowerCase()} again, ${point}` };
  }
  const numbers = found.slice(1, 4).map(Number);
  const version = numbers.join('.');
  if (!isOlder(numbers, oldestTried)) return { version };
  return {
    version,
    warning: `Claude Code ${version} is older than the oldest version that was tried (${oldestTried.join('.')}); run \`claude update\`.`,
  };
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, least] of than.entries()) {
    const number = version[index] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
