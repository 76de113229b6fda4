import { defined } from '../../core/defined.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { chooseModel } from '../../supervision/model/choice.ts';
import type { Endpoint } from '../../supervision/model/http.ts';
import { installedModels } from '../../supervision/model/ollama.ts';

const lookMs = 10_000;

/** What a model server has, and which of it judges, in a sentence for a person. Sizes in bytes. */
export interface ModelsFound {
  readonly endpoint: string;
  readonly installed: readonly { readonly name: string; readonly bytes: number }[];
  readonly sentence: string;
  readonly judges?: string;
  /** Why the server does not answer, and what a person can do. */
  readonly problem?: { readonly sentence: string; readonly next: string };
}

type Wanted = Pick<Settings, 'supervision.model' | 'supervision.endpoint' | 'supervision.contextTokens'>;

/** Looks at the model server that is set. Never fails: a server that does not answer is a finding. */
export async function modelsFound(settings: Wanted, signal: AbortSignal): Promise<ModelsFound> {
  const endpoint = endpointOf(settings);
  const found = await installedModels(endpoint, { timeoutMs: lookMs, signal });
  const installed = found.ok ? found.value : [];
  const { 'supervision.contextTokens': contextTokens, 'supervision.model': name } = settings;
  const choice = chooseModel(installed, { contextTokens, ...(name === 'auto' ? {} : { name }) });
  const isWanted = name !== 'none';
  return {
    endpoint: endpoint.base,
    installed: installed.map((each) => ({ name: each.name, bytes: each.sizeBytes })),
    sentence: isWanted ? choice.sentence : 'No model is asked: `supervision.model` is none.',
    ...defined({
      judges: isWanted ? choice.model?.name : undefined,
      problem: found.ok ? undefined : { sentence: found.failure.sentence, next: found.failure.next },
    }),
  };
}

/** The server that the settings name. */
export function endpointOf(settings: Pick<Settings, 'supervision.endpoint'>): Endpoint {
  return { base: settings['supervision.endpoint'].replace(/\/+$/u, ''), headers: {} };
}
