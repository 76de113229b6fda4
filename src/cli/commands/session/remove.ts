import type { Command } from 'commander';
import { counted } from '../../../core/counted.ts';
import type { SessionFacts } from '../../../protocol/removal.ts';
import type { Context, Perform } from '../../context.ts';
import { exits, type Exit } from '../../exit-codes.ts';
import { text, type Text } from '../../text.ts';
import { withTrust } from '../../with-trust.ts';
import { sessionArgument } from '../../session-argument.ts';

interface RemoveOptions {
  readonly force?: true;
  readonly skipTeardown?: true;
  readonly dryRun?: true;
}

/**
 * Adds `session remove`. On a terminal what would be lost is shown and consent asked for; in a pipe it has to be given
 * with `--force`, else `worktree-unsafe`.
 */
export function addSessionRemove(group: Command, perform: Perform): void {
  group
    .command('remove')
    .alias('rm')
    .argument('<session>', sessionArgument)
    .summary('take a session and its worktree away; everything is kept')
    .description(
      'Removes a session with its worktree. What is not committed, pushed or landed needs your consent; all of it stays under a ref, ' +
        'and `coppice session restore` brings the session back.',
    )
    .option('-f, --force', 'consent to what the worktree holds')
    .option('--skip-teardown', 'do not run the tear-down commands')
    .option('-n, --dry-run', 'only say what it holds')
    .action((key: string, options: RemoveOptions) => perform((context) => remove(context, key, options)));
}

async function remove(context: Context, key: string, options: RemoveOptions): Promise<Exit> {
  const { engine, out, person } = context;
  const facts = await withTrust(context, () => engine.request('session/facts', { session: key }));
  if (options.dryRun === true) {
    out.result(facts, () => factLines(facts));
    return exits.done;
  }
  let force = options.force === true ? facts.needs : [];
  if (force.length < facts.needs.length && person !== undefined && facts.refused === undefined) {
    for (const line of factLines(facts)) out.line(line);
    const typed = await person.ask('Remove it all the same? Everything is kept and can be brought back. [y/N] ');
    if (!/^\s*y(es)?\s*$/i.test(typed ?? '')) {
      out.note('Nothing was removed.');
      return exits.done;
    }
    force = facts.needs;
  }
  const { session } = facts;
  const removed = await engine.request('session/remove', {
    session,
    force,
    skipTeardown: options.skipTeardown === true,
  });
  out.result(removed, () => [
    removed.kept === null ? text`Removed.` : text`Removed; everything it held is kept at ${removed.kept}`,
    out.paint.dim(text`  bring it back with: coppice session restore ${session}`),
  ]);
  return exits.done;
}

/** What removing would take away, in lines; only what there is. */
function factLines(facts: SessionFacts): Text[] {
  const lines = [
    facts.worktree === null ? text`no worktree goes with it` : text`worktree ${facts.worktree}`,
    ...(facts.changed > 0
      ? [
          text`${counted(facts.changed, 'changed file is', 'changed files are')} not committed, ${facts.untracked} of them new`,
        ]
      : []),
    ...(facts.unlanded > 0 ? [text`${counted(facts.unlanded, 'commit')} did not land`] : []),
    ...(facts.unpushed > 0 ? [text`${counted(facts.unpushed, 'commit is', 'commits are')} on no remote`] : []),
    ...facts.ignored.map((path) => text`ignored, and nothing makes it again: ${path}`),
    ...facts.repositories.map((path) => text`a repository with work of its own: ${path}`),
    ...facts.findings.map((finding) => text`${finding}`),
    ...facts.teardown.map((command) => text`tear-down: ${command}`),
    ...(facts.refused === undefined ? [] : [text`${facts.refused}`]),
  ];
  return lines.map((line) => text`  ${line}`);
}
