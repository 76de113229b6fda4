import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { requireStill } from '../../core/landing/commands.ts';
import { defined } from '../../core/defined.ts';
import { fewCases, goals, reliability, reportOf, saysOf, type Judged } from '../../core/supervision/calibration.ts';
import {
  approve,
  changeLevel,
  requestHelp,
  requestVerification,
  stopVerification,
} from '../../core/supervision/commands.ts';
import { judgementId } from '../../core/supervision/judgement.ts';
import { timesOf, type Times } from '../../core/supervision/times.ts';
import type { QualityGate } from '../../core/supervision/gate.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { GateView, ReportView } from '../../protocol/supervision-views.ts';
import { detectGates, telling } from '../../supervision/gates/detect.ts';
import type { ClientContext } from '../rpc/client-context.ts';
import type { Services } from '../services.ts';
import type { SessionContext } from '../sessions/context.ts';
import { gatesOf } from '../supervision/begin.ts';
import { casesOf } from '../supervision/decide-step.ts';
import { helpDetail } from '../supervision/help.ts';
import { judgedText } from '../supervision/texts.ts';
import { supervisionView } from '../supervision/views.ts';
import { requireTrusted, requireTrustedAt } from './trusted.ts';

type SupervisionHandlers = Pick<Handlers<Requests, ClientContext>, Extract<keyof Requests, `supervision/${string}`>>;

const mostTelling = 256 * 1024;

/** How turns were judged, having work checked, accepting it, and how much happens without a person. */
export function supervisionHandlers(
  services: Services,
  { checkpoints, judges }: Pick<SessionContext, 'checkpoints' | 'judges'>,
): SupervisionHandlers {
  const { store } = services;
  return {
    'supervision/show': ({ session: key }) => {
      const session = store.find(key);
      const judgements = store.all('judgement').filter((each) => each.session === session.id);
      return supervisionView(session, judgements);
    },
    'supervision/verify': async ({ session: key }, client) => {
      const session = store.find(key);
      requireTrusted(services, session.repository);
      const settings = await services.settings(session.repository.root, session.requester.settings);
      await store.commit(client.actor, () =>
        requestVerification(store.session(session.id), gatesOf(settings), client.actor),
      );
      return {};
    },
    'supervision/stop-verifying': async ({ session: key }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => stopVerification(store.session(id), client.actor));
      return {};
    },
    'supervision/accept': async ({ session: key, unverified }, client) => {
      const session = store.find(key);
      requireTrusted(services, session.repository);
      requireStill(session);
      if (session.worktree === undefined) throw new CoppiceError('internal', 'No worktree.', 'Report this as a bug.');
      const tree = await checkpoints.look(session, session.worktree);
      await store.commit(client.actor, () => approve(store.session(session.id), tree, client.actor, unverified));
      return { tree, unverified: store.session(session.id).approval?.unverified === true };
    },
    'supervision/level': async ({ session: key, level }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => changeLevel(store.session(id), level));
      return {};
    },
    'supervision/comment': async ({ session: key, turn, good, unnecessary }, client) => {
      const { id } = store.find(key);
      if (store.get('judgement', judgementId(id, turn)) === undefined) {
        throw notJudged(id, turn);
      }
      const word = defined({ good, unnecessary });
      await store.commit(client.actor, () => [event('turn.commented', { session: id, turn, word })]);
      return {};
    },
    'supervision/help': async ({ session: key, question }, client) => {
      const session = store.find(key);
      requireTrusted(services, session.repository);
      const detail = await helpDetail({ checkpoints }, session, question);
      await store.commit(client.actor, () =>
        requestHelp(store.session(session.id), { id: services.newId(), question, detail, by: client.actor }),
      );
      return { session: session.id };
    },
    'supervision/text': ({ session: key, turn, what, at }) => {
      const { id } = store.find(key);
      const judgement = store.get('judgement', judgementId(id, turn));
      if (judgement === undefined) throw notJudged(id, turn);
      return judgedText(judges, judgement, { what, at });
    },
    'supervision/report': async ({ path }) => {
      const { id } = await services.repositories.locate(path);
      const judged = store.all('judgement').filter(({ repository }) => repository === id);
      return reportView(casesOf(store, id), timesOf(judged));
    },
    'supervision/gates': async ({ path }) => {
      const location = await services.repositories.locate(path);
      const root = services.repositories.mainRoot(location);
      requireTrustedAt(services, location);
      const settings = await services.settings(root, {});
      return { set: gatesOf(settings).map(gateView), found: detectGates(await rootFiles(root)).map(gateView) };
    },
  };
}

function notJudged(session: string, turn: number): CoppiceError {
  const options = { context: { session }, way: 'see-verdicts' } as const;
  return new CoppiceError(
    'not-found',
    `Turn ${turn} of session ${session} was not judged.`,
    'See which were.',
    options,
  );
}

function reportView(cases: readonly Judged[], times: readonly Times[]): ReportView {
  const { falseAccepts, falseBreakpoints, calibrationError, correlation } = reportOf(cases);
  return {
    cases: cases.length,
    few: cases.length < fewCases,
    falseAccepts: defined({ ...falseAccepts }),
    falseBreakpoints: defined({ ...falseBreakpoints }),
    goals: {
      falseBreakpoints: { ...goals.falseBreakpoints, says: saysOf(falseBreakpoints, goals.falseBreakpoints) },
      correlation: { ...goals.correlation, says: saysOf(correlation, goals.correlation) },
    },
    times: times.map((each) => ({ ...each })),
    bins: reliability(cases).map(({ good, ...bin }) => ({ ...bin, good: defined({ ...good }) })),
    ...defined({ calibrationError, correlation: correlation && { ...correlation } }),
  };
}

function gateView({ kind, command, from }: QualityGate): GateView {
  return { kind, command: [...command], from };
}

/** The files that tell what kind of project it is; read as text and never run. */
async function rootFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const files = await Promise.all(telling.map(async (name) => [name, await textOf(join(root, name))] as const));
  return new Map(files.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).slice(0, mostTelling);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
