import type { Command } from 'commander';
import type { SupervisionView } from '../../../protocol/supervision-views.ts';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { statusText } from '../../session-lines.ts';
import { evidenceLines } from '../../supervision-lines.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

const lookMs = 150;

/** Adds `verify`: waits for the gates, each of which has a time limit; exit code 1 when one says no or not all could be asked. */
export function addVerify(program: Command, perform: Perform): void {
  program
    .command('verify')
    .argument('<session>', sessionArgument)
    .summary("have the project's gates look at a session's work")
    .description(
      'Runs the commands of `supervision.gates` in the worktree of a session at rest. What they say is evidence about the files as ' +
        'they are: it is void as soon as one of them changes. Ctrl-C stops them.',
    )
    .action((key: string) => perform((context) => verify(context, key)));
}

async function verify(context: Context, key: string): Promise<Exit> {
  const { engine, out } = context;
  const { id: session } = await engine.request('session/show', { session: key });
  await engine.request('supervision/verify', { session });
  const view = await ended(context, session);
  const detail = await engine.request('session/show', { session });
  const proven = detail.status === 'verified' || detail.status === 'accepted';
  out.result(view, () => [
    text`Session ${session}: ${statusText(detail, out.paint)}. ${view.standing}`,
    ...view.proof.flatMap((each) => evidenceLines(each, out.paint, each.tree !== view.tree)),
  ]);
  return proven ? exits.done : exits.failed;
}

async function ended({ engine, shell }: Context, session: string): Promise<SupervisionView> {
  const stop = new AbortController();
  const dispose = shell.onInterrupt(() => stop.abort());
  try {
    for (;;) {
      const view = await engine.request('supervision/show', { session });
      if (!view.verifying) return view;
      if (stop.signal.aborted) await engine.request('supervision/stop-verifying', { session });
      else await shell.sleep(lookMs, stop.signal);
    }
  } finally {
    dispose();
  }
}
