import { Option, type Command } from 'commander';
import type { LandingView } from '../../protocol/landing.ts';
import type { Context, Perform } from '../context.ts';
import { exits, type Exit } from '../exit-codes.ts';
import { insist } from '../insist.ts';
import { isNothing, landingLines, previewLines } from '../landing-lines.ts';
import { table } from '../table.ts';
import { badUsage } from '../usage-error.ts';
import { withTrust } from '../with-trust.ts';
import { sessionArgument } from '../session-argument.ts';

interface LandOptions {
  readonly squash?: true;
  readonly merge?: true;
  readonly rebase?: true;
  readonly into?: string;
  readonly message?: string;
  readonly commit?: true;
  readonly private?: readonly string[];
  readonly deletions?: true;
  readonly dryRun?: true;
  readonly revert?: true;
  readonly withdraw?: true;
  readonly queue?: true;
}

const lookMs = 150;
const alone = ['queue', 'revert', 'withdraw'];

/**
 * Adds `coppice land`. Waits for the end; its exit code is 0 when it landed or there was nothing to land (like `git merge` that is up to
 * date: a script may land twice), 1 when it was refused, and 4 when it waits for a person's checkout (the engine lands it when that is
 * over).
 */
export function addLand(program: Command, perform: Perform): void {
  program
    .command('land')
    .argument('[session]', sessionArgument)
    .summary("bring a session's work home, or take it back")
    .description(
      "Merges a session's branch into the branch it comes from, shows the result to the gates, and moves the branch. A branch that is " +
        'checked out is brought along if its files are clean; else the landing waits. Exit code 0: landed, or the branch has all of it ' +
        'already; 1: refused (a conflict, a gate); 4: it waits.',
    )
    .addOption(new Option('--squash', 'as one commit (default)').conflicts(['merge', 'rebase']))
    .addOption(new Option('--merge', 'as a merge').conflicts(['squash', 'rebase']))
    .addOption(new Option('--rebase', 'commit by commit').conflicts(['squash', 'merge']))
    .option('--into <branch>', "default: the parent session's branch, else the branch it was made from")
    .option('-m, --message <text>', 'of the squash or merge')
    .option('--commit', 'commit what is not committed first')
    .option('--private <files...>', 'these may land although your checkout ignores them (.worktreeinclude)')
    .option('--deletions', 'with --commit: that many of its files are gone is meant so')
    .addOption(new Option('-n, --dry-run', 'only say what would land').conflicts(alone))
    .addOption(
      new Option('--revert', 'take its last landing back').conflicts([
        'squash',
        'merge',
        'rebase',
        'into',
        'commit',
        'private',
        'deletions',
      ]),
    )
    .addOption(new Option('--withdraw', 'take it out of the line').conflicts(['revert', 'commit']))
    .addOption(new Option('--queue', 'show what is on its way, in order').conflicts(['revert', 'withdraw', 'commit']))
    .action((key: string | undefined, options: LandOptions) => perform((context) => land(context, key, options)));
}

async function land(context: Context, key: string | undefined, options: LandOptions): Promise<Exit> {
  if (options.queue === true) return queue(context);
  if (key === undefined)
    throw badUsage('It is not said what lands.', 'Name a session; `coppice session list` shows them.');
  const { engine, out } = context;
  const { id: session } = await engine.request('session/show', { session: key });
  if (options.withdraw === true) return withdraw(context, session);
  const into = options.into === undefined ? {} : { into: options.into };
  const message = options.message === undefined ? {} : { message: options.message };
  const way = options.merge === true ? 'merge' : options.rebase === true ? 'rebase' : 'squash';
  if (options.dryRun === true) {
    const preview = await withTrust(context, () => engine.request('landing/preview', { session, way, ...into }));
    out.result(preview, () => previewLines(preview, out.paint));
    return preview.conflicts.length > 0 ? exits.failed : exits.done;
  }
  const { landing } = await withTrust(context, () =>
    options.revert === true
      ? engine.request('landing/revert', { session, ...message })
      : engine.request('landing/land', {
          ...{ session, way, commit: options.commit === true, ...into, ...message },
          ...(options.deletions === true ? { deletions: true } : {}),
          ...(options.private === undefined ? {} : { private: [...options.private] }),
        }),
  );
  const end = await ended(context, landing);
  out.result(end, () => landingLines(end, out.paint));
  if (end.state === 'landed' || isNothing(end)) return exits.done;
  return end.state === 'refused' ? exits.failed : exits.needsYou;
}

/** Follows a landing until it ends or waits for a person. */
async function ended(context: Context, { id, session }: LandingView): Promise<LandingView> {
  const { out, shell } = context;
  out.progress(() => 'landing');
  try {
    for (;;) {
      const { landings } = await insist(context, 'landing/queue', { session, all: true });
      const landing = landings.find((each) => each.id === id);
      if (landing !== undefined && (landing.held !== undefined || !['queued', 'built'].includes(landing.state))) {
        return landing;
      }
      await shell.sleep(lookMs);
    }
  } finally {
    out.progress(undefined);
  }
}

async function withdraw({ engine, out }: Context, session: string): Promise<Exit> {
  const { landings } = await engine.request('landing/queue', { session });
  const [open] = landings;
  if (open === undefined) throw badUsage('Nothing of this session is on its way.', 'See `coppice land --queue`.');
  const { landing } = await engine.request('landing/withdraw', { landing: open.id });
  out.result(landing, () => landingLines(landing, out.paint));
  return exits.done;
}

async function queue({ engine, out, path, pathGiven }: Context): Promise<Exit> {
  const { landings } = await engine.request('landing/queue', pathGiven ? { path } : {});
  out.result(landings, () => {
    if (landings.length === 0) return [out.paint.dim('Nothing is on its way.')];
    const head = ['#', 'SESSION', 'INTO', 'BY', 'STATE'].map((title) => out.paint.dim(title));
    const rows = landings.map((each) => [
      String(each.position ?? '-'),
      each.session.slice(0, 8),
      each.target,
      each.reverts === undefined ? each.way : 'revert',
      each.held ?? each.state,
    ]);
    return table([head, ...rows], out.columns);
  });
  return exits.done;
}
