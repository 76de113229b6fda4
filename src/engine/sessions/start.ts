import { basename, join } from 'node:path';
import { defined } from '../../core/defined.ts';
import { CoppiceError, isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Effect } from '../../core/intent/state.ts';
import { spoken } from '../../core/restore/conversation.ts';
import { placesIn } from '../../core/queue/places.ts';
import { promptKey } from '../../core/session/observe.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { ownNames } from '../../core/worktree/own-names.ts';
import type { Agent, AgentCommand } from '../../agents/agent.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { ContainerPolicy, RunRecord, RunRef } from '../../executors/executor.ts';
import { fileSize } from '../../executors/space.ts';
import { requireTrusted } from './trust.ts';
import { engineActor, type SessionContext } from './context.ts';

type Spawn = Extract<Effect, { kind: 'spawn' }>;

/** Starts the agent on a prompt. Returns false when a secret is missing and a person was asked for it. */
export async function startRun(context: SessionContext, session: Session, prompt: number): Promise<boolean> {
  const place = session.worktree;
  if (place === undefined) throw new CoppiceError('internal', 'No worktree to start in.', 'Report this as a bug.');
  requireTrusted(context, session);
  const agent = await context.agent(session);
  const names = session.requester.secrets;
  if (!(await haveSecrets(context, session, names))) return false;
  const announced = openSpawn(context, session) ?? (await announce(context, session, agent));
  const started = await begin(context, session, agent, place, announced, prompt);
  // Two files that have to be on the disk, and neither waits for the other.
  const { record } = started;
  const here = context.executor(session).capabilities.isolation === 'none';
  const [confirmed, occupied] = await Promise.allSettled([
    confirm(context, session, agent, announced, started, prompt),
    here && 'pid' in record ? context.workplace.occupy(session, place, record) : undefined,
  ]);
  for (const each of [confirmed, occupied]) if (each.status === 'rejected') throw each.reason;
  return true;
}

interface Announced {
  readonly intent: string;
  readonly spawn: Spawn;
  /** It was announced before, so that it may have happened. */
  readonly again?: boolean;
}

/** A start that certainly did not happen closes its announcement; one that cannot be told keeps it open. */
async function begin(
  context: SessionContext,
  session: Session,
  agent: Agent,
  place: Place,
  announced: Announced,
  prompt: number,
): Promise<Started> {
  try {
    return await spawnAgent(context, session, agent, place, announced, prompt);
  } catch (error) {
    if (context.stopping.aborted || isCoppiceError(error, 'unknown-outcome')) throw error;
    if (announced.again === true && (await mayHaveBegun(context, session, announced))) throw untold(error);
    await abandon(context, session, error);
    throw error;
  }
}

/** Whether a start that an earlier engine announced may have happened, whatever prevents it at this moment. */
async function mayHaveBegun(context: SessionContext, session: Session, { spawn }: Announced): Promise<boolean> {
  const ref = context.runRef(session.id, spawn.run);
  const { state } = await context
    .executor(session)
    .probe(ref)
    .catch(() => ({ state: 'unknown' }));
  return state !== 'not-started';
}

function untold(cause: unknown): CoppiceError {
  const { message, next } = toErrorRecord(cause);
  return new CoppiceError('unknown-outcome', `Whether the agent was started cannot be told. ${message}`, next, {
    cause,
  });
}

/** A start that an earlier engine announced and did not confirm: the same run directory, so it can only happen once. */
export function openSpawn(context: SessionContext, session: Session): Announced | undefined {
  for (const { id, effect } of context.store.intentsOf(session.id)) {
    if (effect.kind === 'spawn') return { intent: id, spawn: effect, again: true };
  }
  return undefined;
}

async function announce(context: SessionContext, session: Session, agent: Agent): Promise<Announced> {
  const run = (session.run?.n ?? 0) + 1;
  const { streamPath, stderrPath } = context.runRef(session.id, run);
  const [offset, errorOffset] = await Promise.all([fileSize(streamPath), fileSize(stderrPath)]);
  // An id that an agent may have taken and then died with is neither free nor known to it for sure.
  const known = session.conversed === true ? session.agentSession : undefined;
  const agentSession = known ?? (agent.capabilities.ownSessionId ? context.newId() : undefined);
  const spawn: Spawn = { kind: 'spawn', run, offset, errorOffset, ...defined({ agentSession }) };
  const intent = context.newId();
  await context.store.commit(engineActor, () => [
    event('intent.opened', { intent, session: session.id, effect: spawn }),
  ]);
  return { intent, spawn };
}

interface Started {
  readonly record: RunRef | RunRecord;
  /** Inputs that were given with the start. */
  readonly inputs: number;
  /** Where the agent sees the worktree. */
  readonly cwd: string;
}

async function spawnAgent(
  context: SessionContext,
  session: Session,
  agent: Agent,
  place: Place,
  { spawn, again = false }: Announced,
  prompt: number,
): Promise<Started> {
  const ref = context.runRef(session.id, spawn.run);
  const text = spoken(session, session.prompts.find((each) => each.n === prompt)?.text ?? '');
  const executor = context.executor(session);
  const view = await executor.view(ref, place.path);
  // A start that is taken up again must not undo what its agent did meanwhile.
  if (!again || (await executor.probe(ref)).state === 'not-started') await context.away.send(session, place);
  const command = agent.command({
    session: session.id,
    cwd: view.cwd,
    prompt: { id: promptKey(session.id, prompt), text },
    directory: view.directory,
    variables: Object.keys(session.requester.env),
    ...defined({
      agentSession: spawn.agentSession,
      resume: resumed(session, agent),
      resumeAt: session.rewound?.from?.position,
      // Where the worktree has another path, it is another machine, or a container.
      carried: view.cwd === place.path ? undefined : await context.carried(),
    }),
  });
  const { secrets, env } = session.requester;
  const inputs = command.firstInputs.length;
  const places = placesIn(session.executor, context.store.all('session'), context.limits().running);
  const record = await executor.start(
    {
      ...ref,
      command: command.command,
      args: command.args,
      cwd: place.path,
      env: { ...namesOf(context, place), ...env, ...context.vault.values(session.id, secrets), ...command.env },
      secrets,
      files: command.files.map((file) => ({ name: basename(file.path), text: file.text })),
      container: containerPolicy(session, await context.settings(session), places),
      label: { task: session.task.id, mode: session.mode, agent: session.agent },
      duplex: command.duplex || inputs > 0,
    },
    context.stopping,
  );
  await giveInputs(context, session, ref, command);
  return { record, inputs, cwd: view.cwd };
}

/** What keeps servers and containers of this worktree out of the way of others'. */
function namesOf({ store }: SessionContext, place: Place): Readonly<Record<string, string>> {
  return ownNames(
    place,
    store.all('worktree').map(({ path }) => path),
  );
}

/** What the settings say about containers, of which so many may be at work; executors without any pass it over. */
export function containerPolicy(session: Session, settings: Settings, places: number): ContainerPolicy {
  const { HOME: home } = session.requester.env;
  const usual = { memory: settings['executors.docker.memoryMegabytes'], cpus: settings['executors.docker.cpus'] };
  const { memory, cpus } =
    session.mode === 'planning'
      ? {
          memory: Math.min(usual.memory, settings['executors.docker.planningMemoryMegabytes']),
          cpus: Math.min(usual.cpus, settings['executors.docker.planningCpus']),
        }
      : usual;
  return {
    image: settings['executors.docker.image'],
    ...{ memoryMegabytes: memory, cpus, places },
    processes: settings['executors.docker.processes'],
    network: settings['executors.docker.network'],
    endpoints: settings['executors.docker.endpoints'],
    ...(settings['executors.docker.ssh'] && home !== undefined ? { ssh: join(home, '.ssh') } : {}),
  };
}

/** The conversation that the agent takes up, if there is one. */
function resumed({ agentSession, conversed, rewound }: Session, { capabilities }: Agent): string | undefined {
  if (rewound !== undefined) return rewound.from?.agentSession;
  return capabilities.resume && conversed === true ? agentSession : undefined;
}

/** All that a command gets to read. One that has ended without reading it is judged by its end. */
async function giveInputs(
  context: SessionContext,
  session: Session,
  ref: RunRef,
  { duplex, firstInputs }: AgentCommand,
): Promise<void> {
  const executor = context.executor(session);
  try {
    for (const [index, line] of firstInputs.entries()) await executor.write(ref, index + 1, line);
    if (!duplex && firstInputs.length > 0) await executor.close(ref);
  } catch (error) {
    if (isCoppiceError(error, 'wrong-state')) return;
    // It would wait for its prompt for ever, and the start counts as one that did not happen.
    await executor.stop(ref, { graceMs: 0 });
    await executor.clean(ref);
    throw error;
  }
}

async function confirm(
  context: SessionContext,
  session: Session,
  agent: Agent,
  { intent, spawn }: Announced,
  { record, inputs, cwd }: Started,
  prompt: number,
): Promise<void> {
  const { run, offset, errorOffset, agentSession } = spawn;
  const started = event('run.started', {
    session: session.id,
    run,
    offset,
    record: { ...record },
    inputs,
    intent,
    ...defined({ errorOffset, agentSession, cwd: cwd === session.worktree?.path ? undefined : cwd }),
  });
  // An agent that takes no input got its prompt with the command itself.
  const what = { kind: 'prompt', prompt } as const;
  const given = event('input.written', { session: session.id, run, input: inputs, what, intent });
  await context.store.commit(engineActor, () => (agent.capabilities.duplex ? [started] : [started, given]));
}

/** Records a start that nobody could confirm in time and that is over by now. False while that cannot be told. */
export async function confirmEnded(context: SessionContext, session: Session, prompt: number): Promise<boolean> {
  const announced = openSpawn(context, session);
  if (announced === undefined) return false;
  const ref = context.runRef(session.id, announced.spawn.run);
  const executor = context.executor(session);
  const { state } = await executor.probe(ref);
  if (state !== 'gone' && state !== 'exited') return false;
  const { cwd } = await executor.view(ref, session.worktree?.path ?? '');
  await confirm(context, session, await context.agent(session), announced, { record: ref, inputs: 0, cwd }, prompt);
  return true;
}

/** The start did not happen: the announcement is closed, so that a later start gets a number of its own. */
export async function abandon(context: SessionContext, session: Session, error: unknown): Promise<void> {
  const open = openSpawn(context, session);
  if (open === undefined) return;
  const failed = event('intent.failed', { intent: open.intent, session: session.id, error: toErrorRecord(error) });
  await context.store.commit(engineActor, () => [failed]);
}

/** Secrets from memory, else from a connected front end, else a person is asked and the session waits. */
async function haveSecrets(context: SessionContext, session: Session, names: readonly string[]): Promise<boolean> {
  const { vault, store } = context;
  if (vault.missing(session.id, names).length === 0) return true;
  vault.remember(session.id, await context.askSecrets(session.id, vault.missing(session.id, names)));
  const missing = vault.missing(session.id, names);
  if (missing.length === 0) return true;
  const raised = event('breakpoint.raised', {
    session: session.id,
    breakpoint: context.newId(),
    kind: 'credential',
    title: `Values are missing: ${missing.join(', ')}`,
    detail:
      'The engine was restarted and keeps no secrets on disk. Continue from a shell in which these variables are set, ' +
      'with `coppice session answer`, or go on without them.',
    secrets: [...missing],
  });
  await store.commit(engineActor, () => [raised]);
  return false;
}
