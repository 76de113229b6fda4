import { join } from 'node:path';
import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import type { Gate } from '../../core/landing/next.ts';
import type { Build, Evidence, Landing } from '../../core/landing/state.ts';
import { withDetached } from '../../git/detached.ts';
import type { Repository } from '../../git/repository.ts';
import { runMark, sessionMark } from '../../executors/mark.ts';
import { runScript } from '../../git/script.ts';
import type { LandingContext } from './context.ts';

/** Puts on record what becomes of gates, each under its mark. */
export interface GateRecord {
  /** A gate is about to be asked; false when nobody waits for it any more. */
  readonly opened: (mark: string, command: Gate) => Promise<boolean>;
  readonly told: (mark: string, evidence: Evidence) => Promise<void>;
  /** It came to nothing, and nothing of it runs. */
  readonly failed: (mark: string, error: unknown) => Promise<void>;
}

/**
 * Shows a built result to the gates that have not seen its tree, in order, in a temporary worktree of it, until one says
 * no. Each is on record before it is asked, under the mark that its processes carry, and its answer before the next one is.
 *
 * @throws CoppiceError when the worktree cannot be made or a set-up command fails; the engine's reason when it stops.
 */
export async function askGates(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  build: Build,
  gates: readonly Gate[],
  record: GateRecord,
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
      const mark = context.newId();
      if (!(await record.opened(mark, command))) return;
      try {
        const evidence = await ask(context, options, build.tree, mark);
        await record.told(mark, evidence);
        if (!evidence.passed) return;
      } catch (error) {
        await record.failed(mark, error);
        throw error;
      }
    }
  });
}

type GateOptions = Parameters<typeof runScript>[0] & { readonly command: Gate };

/** What the gate started is ended before its answer counts. */
async function ask(context: LandingContext, options: GateOptions, tree: string, mark: string): Promise<Evidence> {
  const about = { tree, command: options.command, output: options.outputFile };
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
