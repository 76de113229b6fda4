import { totalmem } from 'node:os';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import { offerFor, offerNamed } from '../../core/supervision/offer.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { Endpoint } from '../../supervision/model/http.ts';
import type { Failure } from '../../supervision/model/model.ts';
import { pullModel } from '../../supervision/model/ollama.ts';
import type { ClientContext } from '../rpc/client-context.ts';
import type { Services } from '../services.ts';
import { endpointOf, modelsFound } from '../supervision/installed.ts';

type ModelHandlers = Pick<Handlers<Requests, ClientContext>, Extract<keyof Requests, `model/${string}`>>;

/** A large model over a slow network. */
const pullMs = 24 * 3_600_000;
const tellMs = 200;

/** What there is of models, and fetching one for a person. Pulls are stopped with the connection that asked, and with the engine. */
export function modelHandlers(services: Pick<Services, 'settings'>, stopping: AbortSignal): ModelHandlers {
  const pulls = new Map<string, AbortController>();
  return {
    'model/show': async ({ name }) => {
      const settings = await services.settings(undefined, {});
      const { installed, problem, ...found } = await modelsFound(settings, stopping);
      const wanted = name ?? nameSet(settings['supervision.model']);
      return {
        ...found,
        installed: [...installed],
        offer: wanted === undefined ? offerFor(totalmem()) : offerNamed(wanted),
        ...(problem === undefined ? {} : { problem: `${problem.sentence} ${problem.next}` }),
      };
    },
    'model/pull': async ({ name, pull }, client) => {
      const key = `${client.id} ${pull}`;
      if (pulls.has(key)) throw new CoppiceError('wrong-state', 'That is being fetched already.', 'Wait for it.');
      const stop = new AbortController();
      pulls.set(key, stop);
      const takeBack = client.onClose(() => stop.abort());
      try {
        await fetched(endpointOf(await services.settings(undefined, {})), name, client, {
          pull,
          signal: AbortSignal.any([stop.signal, stopping]),
        });
        return {};
      } finally {
        pulls.delete(key);
        takeBack();
      }
    },
    'model/stop-pulling': ({ pull }, client) => {
      pulls.get(`${client.id} ${pull}`)?.abort();
      return {};
    },
  };
}

/** The model that is wished for: no other one would review. */
function nameSet(model: string): string | undefined {
  return model === 'auto' || model === 'none' ? undefined : model;
}

async function fetched(
  endpoint: Endpoint,
  name: string,
  client: ClientContext,
  { pull, signal }: { readonly pull: string; readonly signal: AbortSignal },
): Promise<void> {
  let told = Number.NEGATIVE_INFINITY;
  const outcome = await pullModel(endpoint, name, { timeoutMs: pullMs, signal }, (progress) => {
    const now = performance.now();
    if (now - told < tellMs) return;
    told = now;
    // It may be gone: then the pull ends.
    client
      .notify('model/progress', { pull, ...progress, status: oneLine(progress.status, 200) })
      .catch(() => undefined);
  });
  if (!outcome.ok) throw failureOf(outcome.failure);
}

function failureOf({ kind, sentence, next }: Failure): CoppiceError {
  switch (kind) {
    case 'cancelled':
      return new CoppiceError(
        'wrong-state',
        'It was stopped.',
        'What was fetched by then is kept by the model server.',
      );
    case 'broken':
      return new CoppiceError('not-found', sentence, 'Ask for it again; what was fetched is kept.');
    case 'timed-out':
      return new CoppiceError('timed-out', sentence, next);
    default:
      return new CoppiceError('not-found', sentence, next);
  }
}
