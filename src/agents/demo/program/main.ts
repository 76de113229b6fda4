/**
 * The demo agent: a small program that speaks the line protocol and really edits the repository in its working directory.
 * `--session ID` begins a conversation, `--resume ID` takes one up again, `--resume ID --at TURN --session NEW` a copy of what it was
 * after a turn; all are kept in `COPPICE_AGENT_STATE`.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jsonLine } from '../../json-line.ts';
import type { OutMessage } from '../../line-protocol/messages.ts';
import { Conversation } from './conversation.ts';
import { linesOf, messageOf } from '../../line-protocol/input.ts';
import { MemoryFile } from './memory.ts';

const version = '1.0.0';
const usage = 'Usage: demo-agent [--session ID | --resume ID [--at TURN --session ID]] [--model NAME] | --version\n';

function say(message: OutMessage): void {
  process.stdout.write(jsonLine(message));
}

/** Reads prompts from the input until it ends. The exit code. */
async function converse(
  session: string,
  { resume, at, model = 'demo' }: { resume?: string; at?: string; model?: string },
): Promise<number> {
  const folder = process.env['COPPICE_AGENT_STATE'] ?? join(tmpdir(), 'coppice-demo-agent');
  const memory =
    resume !== undefined && at !== undefined
      ? await MemoryFile.copy(folder, resume, Number(at), session)
      : await MemoryFile.open(folder, session, resume !== undefined);
  if (memory === undefined) {
    process.stderr.write(`There is no conversation ${resume ?? session} in ${folder}.\n`);
    return 1;
  }
  say({ type: 'session', session, model, version });
  const conversation = new Conversation({ root: process.cwd(), memory, say });
  for await (const line of linesOf(process.stdin)) {
    const message = messageOf(line);
    if (message !== undefined) conversation.take(message);
    else if (line.trim() !== '')
      say({ type: 'notice', severity: 'warning', text: 'I did not understand a line of input.' });
  }
  await conversation.done();
  return 0;
}

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        session: { type: 'string' },
        resume: { type: 'string' },
        at: { type: 'string' },
        model: { type: 'string' },
        version: { type: 'boolean' },
      },
    }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (values.version === true) {
    process.stdout.write(`coppice-demo ${version}\n`);
    return 0;
  }
  const { session, resume, at, model } = values;
  const which = at === undefined ? (resume ?? session) : session;
  return converse(which ?? `pid-${process.pid}`, {
    ...(resume === undefined ? {} : { resume }),
    ...(at === undefined ? {} : { at }),
    ...(model === undefined ? {} : { model }),
  });
}

process.exitCode = await main();
