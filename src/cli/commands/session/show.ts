import type { Command } from 'commander';
import { breakpointLines, howToAnswer } from '../../breakpoint-lines.ts';
import type { Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { overlapLines } from '../../overlap-lines.ts';
import { noteReadOnly } from '../../read-only.ts';
import { detailLines } from '../../session-lines.ts';
import { supervisionLines } from '../../supervision-lines.ts';
import { text } from '../../text.ts';
import { sessionArgument } from '../../session-argument.ts';

/** Adds `session show`, with the evidence of whatever the session waits for. */
export function addSessionShow(group: Command, perform: Perform): void {
  group
    .command('show')
    .argument('<session>', sessionArgument)
    .summary('everything about one session')
    .description('Shows a session: what it works on and where, what it waits for and why, what it changed.')
    .action((session: string) =>
      perform(async (context) => {
        const { engine, out, shell } = context;
        const detail = await engine.request('session/show', { session });
        // Beside what is known of it: an engine that does not know the question leaves it out.
        const uses = await engine.request('session/resources', { session: detail.id }).catch(() => undefined);
        await noteReadOnly(context);
        out.result({ ...detail, ...(uses === undefined ? {} : { resources: uses }) }, () => [
          ...detailLines(detail, out.paint, shell.now(), uses),
          ...(detail.supervision === undefined ? [] : supervisionLines(detail.supervision, out.paint)),
          ...(detail.overlaps ?? []).flatMap((each) => overlapLines(each, out.paint, detail.id)),
          ...detail.needs.flatMap((each) => [
            ...breakpointLines(each, out.paint),
            ...howToAnswer(detail, each).map((how) => out.paint.dim(text`    ${how}`)),
          ]),
        ]);
        return exits.done;
      }),
    );
}
