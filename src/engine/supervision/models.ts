/** The model that reviews: found at the server that the settings name, asked one thing at a time. */
import type { Settings } from '../../core/settings/settings.ts';
import { chooseModel } from '../../supervision/model/choice.ts';
import { InLine } from '../../supervision/model/line.ts';
import { failed, type Model, type Outcome } from '../../supervision/model/model.ts';
import { installedModels, OllamaModel } from '../../supervision/model/ollama.ts';

const lookMs = 5000;
/** A choice is looked at again after this: models come and go. */
const holdsMs = 60_000;
const keepAlive = '30m';

interface Chosen {
  readonly model: Model;
  readonly at: number;
}

type Wanted = Pick<Settings, 'supervision.model' | 'supervision.endpoint' | 'supervision.contextTokens'>;

/** Models by where they are and what was wished for, so that sessions share one line to one server. */
export class Models {
  readonly #chosen = new Map<string, Chosen>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The model that the settings ask for, or why there is none. */
  async of(settings: Wanted, signal: AbortSignal): Promise<Outcome<Model>> {
    const [name, base, contextTokens] = [
      settings['supervision.model'],
      settings['supervision.endpoint'].replace(/\/+$/u, ''),
      settings['supervision.contextTokens'],
    ];
    const key = JSON.stringify([name, base, contextTokens]);
    const known = this.#chosen.get(key);
    if (known !== undefined && this.#clock() - known.at < holdsMs) return { ok: true, value: known.model };
    const endpoint = { base, headers: {} };
    const installed = await installedModels(endpoint, { timeoutMs: lookMs, signal });
    if (!installed.ok) return installed;
    const choice = chooseModel(installed.value, { contextTokens, ...(name === 'auto' ? {} : { name }) });
    if (choice.model === undefined)
      return failed('no-model', choice.sentence, 'Pull a model, or set `supervision.model`.');
    const model = new InLine(new OllamaModel({ endpoint, model: choice.model.name, contextTokens, keepAlive }));
    this.#chosen.set(key, { model, at: this.#clock() });
    return { ok: true, value: model };
  }

  /** Looked for anew next time: what was chosen did not answer. */
  forget(): void {
    this.#chosen.clear();
  }
}
