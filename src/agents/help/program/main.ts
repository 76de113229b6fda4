/**
 * A small MCP server on standard input and output, which an agent starts beside itself: it has one tool, with which the agent asks a
 * person for help. The question goes where agents without MCP leave it, `.coppice/help.md` of the worktree; the engine takes it
 * from there at the end of the turn. `[WORKTREE]`
 */
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFields } from '../../fields.ts';
import { jsonLine } from '../../json-line.ts';
import { linesOf } from '../../line-protocol/input.ts';
import { answerTo } from './server.ts';

const worktree = process.argv[2] ?? process.cwd();

/** Added to what was asked before in this turn, and never through a link. */
async function keep(question: string): Promise<void> {
  const folder = join(worktree, '.coppice');
  await mkdir(folder, { recursive: true });
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(join(folder, 'help.md'), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const { size } = await file.stat();
    await file.write(size === 0 ? question : `\n${question}`);
  } finally {
    await file.close();
  }
}

for await (const line of linesOf(process.stdin)) {
  if (line.trim() === '') continue;
  const answer = await answerTo(parseFields(line), keep);
  if (answer !== undefined) process.stdout.write(jsonLine(answer));
}
