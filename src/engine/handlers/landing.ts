import { afterLoss, lossText } from '../../core/checkpoint/loss.ts';
import { counted } from '../../core/counted.ts';
import { defined } from '../../core/defined.ts';
import { CoppiceError, type Way } from '../../core/errors.ts';
import { line, requestLanding, requestRevert, requireStill, withdraw } from '../../core/landing/commands.ts';
import type { Landing } from '../../core/landing/state.ts';
import type { Session } from '../../core/session/state.ts';
import { isApproved, isVerified } from '../../core/supervision/due.ts';
import type { Repository } from '../../git/repository.ts';
import type { Handlers, ParsedOf, Requests, ResultOf } from '../../protocol/contract.ts';
import { defaultMessage, revertMessage } from '../landing/message.ts';
import { conflictTexts, lostSince, preview, uncommitted } from '../landing/preview.ts';
import { privateFiles, unasked } from '../landing/private.ts';
import { findTarget } from '../landing/target.ts';
import { landingView } from '../landing/views.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import type { CheckpointPlace } from '../sessions/checkpoints.ts';
import { requireTrusted } from './trusted.ts';

type LandingHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'landing/preview' | 'landing/conflict' | 'landing/land' | 'landing/revert' | 'landing/withdraw' | 'landing/queue'
>;

/** Bringing a session's work home, looking at it before, and taking it back. */
export function landingHandlers(services: Services, checkpoints: Pick<CheckpointPlace, 'look'>): LandingHandlers {
  const { store } = services;
  const known = (id: string): Landing => {
    const landing = store.get('landing', id);
    if (landing !== undefined) return landing;
    throw new CoppiceError('not-found', `There is no landing ${id}.`, 'See which there are.', { way: 'see-landings' });
  };
  const view = (id: string): { landing: ReturnType<typeof landingView> } => ({
    landing: landingView(store, known(id)),
  });
  return {
    'landing/preview': async ({ session: key, way, into }) => {
      const { session, repository } = await opened(services, key);
      const gates = (await services.settings(session.repository.root, {}))['landing.gates'];
      return preview(store, repository, { session, way, into, gates });
    },
    'landing/conflict': async ({ session: key, path, into }) => {
      const { session, repository } = await opened(services, key);
      return conflictTexts(store, repository, session, { path, into });
    },
    'landing/land': async (params, client) => view(await land(services, checkpoints, params, client)),
    'landing/revert': async ({ session: key, landing: wanted, message }, client) => {
      const { session } = await opened(services, key);
      const id = services.newId();
      await store.commit(client.actor, () => {
        const all = store.all('landing');
        const of = wanted === undefined ? lastLanded(session, all) : known(wanted);
        const request = { landing: id, message: message ?? revertMessage(of) };
        return requestRevert(session, all, of, request, client.actor);
      });
      return view(id);
    },
    'landing/withdraw': async ({ landing: id }, client) => {
      await store.commit(client.actor, () => {
        if (store.intentsOf(id).some(({ effect }) => effect.kind === 'landing')) {
          throw new CoppiceError('wrong-state', 'Its branch is being moved at this moment.', 'See what becomes of it.');
        }
        return withdraw(known(id), client.actor);
      });
      return view(id);
    },
    'landing/queue': async ({ path, session: key, all }) => {
      const repository = path === undefined ? undefined : (await services.repositories.locate(path)).id;
      const session = key === undefined ? undefined : store.find(key).id;
      return { landings: listed(services, { repository, session, all }) };
    },
  };
}

async function opened(services: Services, key: string): Promise<{ session: Session; repository: Repository }> {
  const session = services.store.find(key);
  requireTrusted(services, session.repository);
  const location = await services.repositories.locate(session.repository.root);
  return { session, repository: await services.repositories.open(location) };
}

/** What the approval policy asks for before work lands, of its files as they are at this moment. @throws CoppiceError `wrong-state` */
async function requireApproval(
  services: Services,
  checkpoints: Pick<CheckpointPlace, 'look'>,
  session: Session,
): Promise<void> {
  const wanted = (await services.settings(session.repository.root, {}))['approval.landing'];
  if (wanted === 'any' || session.worktree === undefined) return;
  const seen = { ...session, seen: await checkpoints.look(session, session.worktree) };
  if (isApproved(seen) || (wanted === 'verified' && isVerified(seen))) return;
  const [next, way] =
    wanted === 'verified' ? (['Have it verified.', 'verify'] as const) : (['Accept it.', 'accept'] as const);
  throw wrong(session, `is not ${wanted}, which the approval policy asks for (\`approval.landing\`)`, next, way);
}

async function land(
  services: Services,
  checkpoints: Pick<CheckpointPlace, 'look'>,
  params: ParsedOf<Requests, 'landing/land'>,
  client: ClientContext,
): Promise<string> {
  const { store } = services;
  const { session, repository } = await opened(services, params.session);
  requireStill(session);
  await requireApproval(services, checkpoints, session);
  const found = await findTarget(store, repository, session, params.into);
  const { target, tip, defaultBranch } = found;
  if (params.tip !== undefined && params.tip !== tip) {
    throw wrong(session, `is at ${tip.slice(0, 12)} by now, not at what was looked at`, 'Look at it again.');
  }
  const { files: open, tree } = await uncommitted(repository, found);
  if (open > 0 && !params.commit) {
    throw wrong(
      session,
      `has ${counted(open, 'changed file')} not committed`,
      'Commit them, or land with them.',
      'land-all',
    );
  }
  const lost = params.deletions ? undefined : await lostSince(repository, session, tree);
  if (lost !== undefined) {
    throw new CoppiceError(
      'wrong-state',
      `Session ${session.id} has lost ${lossText(lost)} since its work ended.`,
      ...afterLoss(session),
    );
  }
  const base = found.place.baseCommit;
  const files = await privateFiles(repository, { way: params.way, base, tip, ...defined({ tree }) });
  const refusal = unasked(session.id, files, params.private);
  if (refusal !== undefined) throw refusal;
  const id = services.newId();
  const request = {
    landing: id,
    repository: session.repository.id,
    way: params.way,
    target,
    message: params.message ?? defaultMessage(session),
    ...(open > 0 ? {} : { tip }),
    ...(params.private.length > 0 ? { private: params.private } : {}),
    ...(params.deletions ? ({ deletions: true } as const) : {}),
  };
  await store.commit(client.actor, () =>
    requestLanding(store.session(session.id), store.all('landing'), request, { actor: client.actor, defaultBranch }),
  );
  return id;
}

function wrong({ id }: Session, what: string, next: string, way?: Way): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${id} ${what}.`, next, { context: { session: id }, way });
}

/** The session's latest landing that is still home. */
function lastLanded(session: Session, landings: readonly Landing[]): Landing {
  const home = landings
    .filter((each) => each.session === session.id && each.state === 'landed' && each.reverts === undefined)
    .filter(({ revertedBy }) => revertedBy === undefined)
    .sort((a, b) => a.place - b.place)
    .at(-1);
  if (home === undefined) throw wrong(session, 'has nothing that landed', 'There is nothing to take back.');
  return home;
}

function listed(
  { store }: Services,
  { repository, session, all }: { repository: string | undefined; session: string | undefined; all: boolean },
): ResultOf<Requests, 'landing/queue'>['landings'] {
  const every = store.all('landing').sort((a, b) => b.place - a.place);
  return (all ? every : line(every))
    .filter((each) => repository === undefined || each.repository === repository)
    .filter((each) => session === undefined || each.session === session)
    .map((each) => landingView(store, each));
}
