import { randomUUID } from 'node:crypto';
import { allowed, type RequesterEnvironment } from '../../core/environment.ts';
import { CoppiceError } from '../../core/errors.ts';
import { defined } from '../../core/defined.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import { taskId, titleOf } from '../../core/ids.ts';
import {
  addPrompt,
  answer,
  answeredBefore,
  cancel,
  create,
  interrupt,
  repeated,
  type Verdict,
} from '../../core/session/commands.ts';
import { concerns } from '../../core/radar/state.ts';
import { isSettled, statusOf } from '../../core/session/status.ts';
import type { Requester } from '../../core/session/events.ts';
import type { Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Agent } from '../../agents/agent.ts';
import { usable } from '../../agents/registry.ts';
import type { Handlers, ParsedOf, Requests } from '../../protocol/contract.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import type { ClientContext } from '../rpc/server.ts';
import { findProgram } from '../doctor/host.ts';
import { inUse } from '../places/in-use.ts';
import { slugOf } from '../places/repositories.ts';
import { requireRoom } from '../room.ts';
import type { Services } from '../services.ts';
import { realPathOf } from '../places/real-path.ts';
import { worksIn } from '../sessions/store.ts';
import { sessionDetail, sessionView } from '../sessions/views.ts';
import { requireTrust, requireTrustedAt } from './trusted.ts';

type SessionHandlers = Pick<
  Handlers<Requests, ClientContext>,
  | 'session/create'
  | 'session/list'
  | 'session/show'
  | 'session/continue'
  | 'session/answer'
  | 'session/interrupt'
  | 'session/cancel'
  | 'session/archive'
>;

/** Everything that can be asked of a session, except its output. */
export function sessionHandlers(services: Services, pushing: (session: Session) => boolean): SessionHandlers {
  const { store, sessions, vault } = services;
  const view = async (id: string): Promise<SessionView> => {
    const metered = await services.meter();
    return sessionView(store.session(id), store.all('session'), metered);
  };
  return {
    'session/create': async (params, client) => {
      const { verdict, id } = await createSession(services, params, client);
      return id === undefined ? { verdict } : { verdict, session: await view(id) };
    },
    'session/list': async ({ which, path, worktree, archived }) => {
      const repository = path === undefined ? undefined : (await services.repositories.locate(path)).id;
      const place = worktree === undefined ? undefined : await realPathOf(worktree);
      const metered = await services.meter();
      const all = store.all('session');
      const listed = all.filter(
        (each) =>
          (repository === undefined || each.repository.id === repository) &&
          (place === undefined || worksIn(each, place)) &&
          (archived || !each.archived) &&
          (which === 'all' || (which === 'queued' ? statusOf(each) === 'queued' : !isSettled(each))),
      );
      return { sessions: listed.map((each) => sessionView(each, all, metered)) };
    },
    'session/show': async ({ session: key }) => {
      const metered = await services.meter();
      const session = store.find(key);
      return sessionDetail(session, store.all('session'), services.limits(), {
        activity: sessions.worker(session.id)?.activity(),
        mistake: sessions.worker(session.id)?.mistake,
        stream: services.streamPath(session.id),
        watch: store.get('watch', session.id),
        overlaps: store
          .all('overlap')
          .filter((each) => concerns(each, session.id))
          .map((each) => services.radar.view(each)),
        ...{ pushing: pushing(session), metered },
      });
    },
    'session/continue': async (params, client) => {
      const { verdict, id } = await continueSession(services, params, client);
      return { verdict, session: await view(id) };
    },
    'session/answer': async ({ session: name, breakpoint, answer: given, requester, key }, client) => {
      const session = store.find(name);
      if (requester !== undefined)
        vault.remember(session.id, allowed(requester, (await services.agentOf(session)).environment).secrets);
      let resolved = '';
      await store.commit(client.actor, () => {
        const present = store.session(session.id);
        const before = answeredBefore(present, breakpoint, key);
        if (before !== undefined) {
          resolved = before;
          return [];
        }
        const events = answer(present, breakpoint, answerOf(given), client.actor, services.newId, key);
        resolved = String(events[0]?.data['breakpoint']);
        const target = present.breakpoints.find((each) => each.id === resolved);
        if (target?.kind === 'credential' && given.choice === 'deny') vault.waive(session.id);
        return events;
      });
      return { breakpoint: resolved };
    },
    'session/interrupt': async ({ session: key }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => interrupt(store.session(id)));
      return {};
    },
    'session/cancel': async ({ session: key, reason }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => cancel(store.session(id), reason ?? `cancelled by ${client.actor}`));
      return {};
    },
    'session/archive': async ({ session: key }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => {
        const session = store.session(id);
        if (!isSettled(session)) {
          throw new CoppiceError(
            'wrong-state',
            `Session ${id} is ${statusOf(session)}.`,
            'Cancel it first, or let it end.',
          );
        }
        return session.archived ? [] : [event('session.archived', { session: id })];
      });
      return {};
    },
  };
}

/** A prompt on its way to a session: what it says is decided when it is committed, with what else is true from then on. */
export interface NextPrompt {
  readonly text: string;
  /** Further events of the same breath; `prompt` is the number that it got. */
  readonly also?: (prompt: number) => readonly NewEvent[];
}

type Continuation = Omit<ParsedOf<Requests, 'session/continue'>, 'prompt'>;

/** Gives a session its next prompt, worked out from the state in which it is taken. */
export async function continueSession(
  services: Services,
  params: ParsedOf<Requests, 'session/continue'> | (Continuation & { readonly prompt: () => NextPrompt }),
  client: ClientContext,
): Promise<{ readonly verdict: Verdict; readonly id: string }> {
  const { store, vault } = services;
  const { session: name, steer, requester, key, prompt } = params;
  const next = typeof prompt === 'string' ? (): NextPrompt => ({ text: prompt }) : prompt;
  requireWritable(services);
  const session = store.find(name);
  const agent = await services.agentOf(session);
  const executor = services.executors.executor(session.executor, requester.env);
  await requireTrust(services, session.repository, session.mode, agent, executor);
  requireTakes(agent, next().text);
  const environment = allowed(requester, agent.environment);
  vault.remember(session.id, environment.secrets);
  const by = requesterRecord(environment, requester.settings, client);
  let verdict: Verdict = { status: 'started' };
  await store.commit(client.actor, () => {
    const present = store.session(session.id);
    const { text, also } = next();
    const given = { text, steer, requester: by, ...defined({ key }) };
    refuseMoving(services, session.id);
    const decision = addPrompt(store.all('session'), present, given, services.limits());
    ({ verdict } = decision);
    const taken = decision.events.some(({ type }) => type === 'prompt.added');
    return taken && also !== undefined ? [...decision.events, ...also(present.promptCount + 1)] : decision.events;
  });
  return { verdict, id: session.id };
}

type Created = { readonly verdict: Verdict; readonly id: string | undefined };

async function createSession(
  services: Services,
  params: ParsedOf<Requests, 'session/create'>,
  client: ClientContext,
): Promise<Created> {
  const { store, vault, repositories } = services;
  requireWritable(services);
  const location = await repositories.locate(params.path);
  const root = repositories.mainRoot(location);
  requireTrustedAt(services, location);
  // Before anything is checked that holds for new work only: its worktree is held, by itself.
  const known = params.id === undefined ? undefined : store.get('session', params.id);
  if (known !== undefined) {
    return { id: known.id, verdict: repeated(store.all('session'), known, location.id, params.prompt).verdict };
  }
  const settings = await services.settings(root, params.requester.settings);
  const agentId = params.agent ?? settings['agent.default'];
  const agent = services.agent(agentId, settings, params.agentOptions ?? {});
  const executor = services.executors.executor(params.executor ?? usualPlace(agent, settings), params.requester.env);
  await requireTrust(services, { id: location.id, root }, params.mode, agent, executor);
  const request = defined({
    name: params.name,
    worktree: params.worktree,
    base: params.base,
    from: location.root === root ? undefined : location.root,
  });
  const there = await repositories.check(location, request, titleOf(params.prompt));
  refuseHeld(services, there);
  const environment = allowed(params.requester, agent.environment);
  if (executor.capabilities.isolation === 'none') await requireProgram(agent, environment);
  await executor.requireParts?.({ image: settings['executors.docker.image'], path: environment.env['PATH'] });
  requireTakes(agent, params.prompt);
  const makesWorktree = there === undefined;
  const work = workOf(params);
  if (!params.anyway) await requireRoom(services, { work, executor, settings, location, makesWorktree });
  const [id, uuid] = [params.id ?? services.newId(), randomUUID()];
  const data = {
    session: id,
    task: { id: taskId(slugOf(request, titleOf(params.prompt)), uuid), uuid, title: titleOf(params.prompt) },
    ...work,
    agent: agentId,
    agentOptions: params.agentOptions ?? {},
    executor: executor.id,
    ...defined({ stage: params.stage }),
    ...(params.parent === undefined ? {} : { parent: store.find(params.parent).id }),
    repository: { id: location.id, root },
    request,
    requester: requesterRecord(environment, params.requester.settings, client),
  };
  vault.remember(id, environment.secrets);
  let verdict: Verdict | undefined;
  await store.commit(client.actor, () => {
    const decision = create(store.all('session'), data, params.prompt, services.limits());
    ({ verdict } = decision);
    return decision.events;
  });
  if (verdict === undefined)
    throw new CoppiceError('internal', 'The request was not decided.', 'Report this as a bug.');
  if (verdict.status !== 'rejected') return { verdict, id };
  vault.forget(id);
  return { verdict, id: undefined };
}

function workOf({ mode, priority, labels }: ParsedOf<Requests, 'session/create'>) {
  return { mode, priority, ...(labels.length === 0 ? {} : { labels: [...new Set(labels)] }) };
}

/** Where an agent works when nobody says it. One that harms nobody, the demo agent, comes with this host and is nowhere else. */
export function usualPlace({ capabilities }: Agent, settings: Settings): string {
  return capabilities.needsHostConsent ? settings['executor.default'] : 'local';
}

/** One writer per worktree (invariant 3): a session that can only wait for another one is refused with the holder's id. */
function refuseHeld(services: Services, path: string | undefined): void {
  const holder = path === undefined ? undefined : services.store.get('worktree', path)?.holder;
  if (path === undefined || holder === undefined || holder === null) return;
  throw inUse(path, holder);
}

/** A session whose worktree is on its way out, or back, takes no work. */
function refuseMoving({ store }: Services, session: string): void {
  const moving = store.intentsOf(session).find(({ effect }) => effect.kind === 'removal' || effect.kind === 'return');
  if (moving === undefined) return;
  const what = moving.effect.kind === 'removal' ? 'removed' : 'brought back';
  throw new CoppiceError('wrong-state', `Session ${session} is being ${what}.`, 'Ask again when that is done.');
}

/** Throws `bad-usage` for a prompt that the agent cannot be handed, before anything is made for it. */
function requireTakes(agent: Agent, text: string): void {
  agent.command({ session: '', cwd: '/', prompt: { id: '', text }, directory: '/' });
}

/** An agent that is not there is refused before a worktree is made for it. */
async function requireProgram(agent: Agent, { env }: RequesterEnvironment): Promise<void> {
  const { command } = agent.detection;
  const found = await findProgram(command, env['PATH'] ?? '');
  if (found === undefined) usable(agent, agent.detection.parse('', '', undefined), undefined);
}

function requesterRecord(
  { env, secrets }: RequesterEnvironment,
  settings: Readonly<Record<string, string>>,
  client: ClientContext,
): Requester {
  return { by: client.actor, env, secrets: Object.keys(secrets), settings };
}

function answerOf(given: ParsedOf<Requests, 'session/answer'>['answer']): Parameters<typeof answer>[2] {
  return {
    choice: given.choice,
    ...(given.reason === undefined ? {} : { reason: given.reason }),
    ...(given.input === undefined ? {} : { input: given.input }),
    ...(given.answers === undefined ? {} : { answers: given.answers }),
    ...(given.remember === undefined ? {} : { remember: defined({ ...given.remember }) }),
  };
}

/** Says what is wrong with the state before anything that follows from it: a journal that is lost also trusts nobody. */
function requireWritable({ store }: Services): void {
  if (store.state.readOnlyReason !== undefined) throw store.state.readOnlyReason;
}
