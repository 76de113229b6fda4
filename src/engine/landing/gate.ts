import { join } from 'node:path';
import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import type { Gate } from '../../core/landing/next.ts';
import type { Build, Evidence, Landing } from '../../core/landing/state.ts';
import { withDetached } from '../../git/detached.ts';
import type { Repository } from '../../git/repository.ts';
import { runMark, sessionMark } from '../../executors/mark.ts';
import { runScript } from '../../git/script.ts';
import type { LandingContext } from './context.ts';

/**
 * Shows a built result to the gates that have not seen its tree, in order, in a temporary worktree of it, until one says
 * no. `told` takes each answer, on record before the next gate is asked.
 *
 * @throws CoppiceError when the worktree cannot be made or a set-up command fails; the engine's reason when it stops.
 */
export async function askGates(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  build: Build,
  gates: readonly Gate[],
  told: (evidence: Evidence) => Promise<void>,
): Promise<void> {
  const session = context.store.session(landing.session);
  const settings = await context.settings(session.repository.root);
  const { stopping } = context;
  const options = {
    root: settings['worktrees.root'],
    name: 'gate',
    commit: build.commit,
    include: settings['worktrees.copyIgnored'],
    signal: stopping,
  };
  await withDetached(repository, options, async (cwd) => {
    const env = {
      ...session.requester.env,
      COPPICE_WORKTREE: cwd,
      COPPICE_SESSION_ID: session.id,
      COPPICE_LANDING_ID: landing.id,
      COPPICE_TARGET: landing.target,
    };
    const folder = context.folder(landing.id);
    for (const command of settings['worktrees.setup']) {
      const timeoutMs = settings['worktrees.scriptTimeoutSeconds'] * 1000;
      await runScript({ command, cwd, env, timeoutMs, outputFile: join(folder, 'setup.log'), signal: stopping });
    }
    const timeoutMs = settings['landing.gateTimeoutSeconds'] * 1000;
    for (const [index, command] of gates.entries()) {
      const outputFile = join(folder, `${build.tree.slice(0, 12)}-${index + 1}.log`);
      const options = { command, cwd, env, timeoutMs, outputFile, signal: stopping };
      const evidence = await ask(context, options, build.tree);
      await told(evidence);
      if (!evidence.passed) return;
    }
  });
}

type GateOptions = Parameters<typeof runScript>[0] & { readonly command: Gate };

/** What the gate started is ended before its answer counts. */
async function ask(context: LandingContext, options: GateOptions, tree: string): Promise<Evidence> {
  const about = { tree, command: options.command, output: options.outputFile };
  const mark = context.newId();
  const watched = context.host.watch(mark);
  const start = performance.now();
  const env = { ...options.env, [sessionMark]: mark, [runMark]: '0' };
  const failure = await failureOf(runScript({ ...options, env })).finally(async () => watched.end({ graceMs: 1000 }));
  const code = failure === undefined ? 0 : codeOf(failure);
  return { ...about, passed: failure === undefined, code, ms: Math.round(performance.now() - start) };
}

/** How a script failed, if it did; what is not about the script is thrown. */
async function failureOf(script: Promise<unknown>): Promise<CoppiceError | undefined> {
  try {
    await script;
    return undefined;
  } catch (error) {
    if (isCoppiceError(error, 'script-failed') || isCoppiceError(error, 'timed-out')) return error;
    throw error;
  }
}

function codeOf({ context }: CoppiceError): number | null {
  const code = Number(context['code']);
  return Number.isInteger(code) ? code : null;
}
