/** The model that reviews: found at the server that the settings name, asked one thing at a time, its tokens counted. */
import type { Settings } from '../../core/settings/settings.ts';
import { chooseModel } from '../../supervision/model/choice.ts';
import { bytePairCounter } from '../../supervision/model/byte-pairs.ts';
import type { Endpoint } from '../../supervision/model/http.ts';
import { InLine } from '../../supervision/model/line.ts';
import { TokenMeter } from '../../supervision/model/meter.ts';
import { failed, type Model, type Outcome } from '../../supervision/model/model.ts';
import { installedModels, OllamaModel } from '../../supervision/model/ollama.ts';
import { vocabularyOf } from '../../supervision/model/vocabulary.ts';
import type { Counted } from './counts.ts';
import { endpointOf } from './installed.ts';

const lookMs = 5000;
/** A choice is looked at again after this: models come and go. */
const holdsMs = 60_000;
const keepAlive = '30m';
const vocabularyMs = 15_000;
/** Vocabularies are large: of more models than this, the first is forgotten. */
const mostMeters = 3;

/** The model that judges, and what counts the tokens of its questions. */
export interface Reviewer {
  readonly model: Model;
  readonly meter: TokenMeter;
}

interface Chosen extends Reviewer {
  readonly at: number;
}

/** What servers counted for questions to a model, as far as it is on record. */
export type Counts = (model: string) => Promise<readonly Counted[]>;

type Wanted = Pick<Settings, 'supervision.model' | 'supervision.endpoint' | 'supervision.contextTokens'>;

/** Models by where they are and what was wished for, so that sessions share one line to one server. */
export class Models {
  readonly #chosen = new Map<string, Chosen>();
  readonly #meters = new Map<string, Promise<TokenMeter>>();
  readonly #clock: () => number;
  readonly #counts: Counts;

  constructor(clock: () => number, counts: Counts) {
    this.#clock = clock;
    this.#counts = counts;
  }

  /** The model that the settings ask for, or why there is none. */
  async of(settings: Wanted, signal: AbortSignal): Promise<Outcome<Reviewer>> {
    const [name, base, contextTokens] = [
      settings['supervision.model'],
      endpointOf(settings).base,
      settings['supervision.contextTokens'],
    ];
    const key = JSON.stringify([name, base, contextTokens]);
    const known = this.#chosen.get(key);
    if (known !== undefined && this.#clock() - known.at < holdsMs) return { ok: true, value: known };
    const endpoint = { base, headers: {} };
    const installed = await installedModels(endpoint, { timeoutMs: lookMs, signal });
    if (!installed.ok) return installed;
    const choice = chooseModel(installed.value, { contextTokens, ...(name === 'auto' ? {} : { name }) });
    if (choice.model === undefined)
      return failed('no-model', choice.sentence, 'Pull a model, or set `supervision.model`.');
    const model = new InLine(new OllamaModel({ endpoint, model: choice.model.name, contextTokens, keepAlive }));
    const meter = await this.#meterOf(endpoint, choice.model.name, signal);
    this.#chosen.set(key, { model, meter, at: this.#clock() });
    return { ok: true, value: { model, meter } };
  }

  #meterOf(endpoint: Endpoint, name: string, signal: AbortSignal): Promise<TokenMeter> {
    const key = `${endpoint.base} ${name}`;
    const known = this.#meters.get(key);
    if (known !== undefined) return known;
    const made = this.#meter(endpoint, name, signal, () => this.#meters.delete(key));
    this.#meters.set(key, made);
    const [first = key] = this.#meters.keys();
    if (this.#meters.size > mostMeters) this.#meters.delete(first);
    return made;
  }

  /** With what is on record. A server that does not answer this time is asked again when its model is looked for the next time. */
  async #meter(endpoint: Endpoint, name: string, signal: AbortSignal, onFailure: () => void): Promise<TokenMeter> {
    const meter = new TokenMeter();
    const vocabulary = await vocabularyOf(endpoint, name, { timeoutMs: vocabularyMs, signal });
    if (!vocabulary.ok) onFailure();
    const own = vocabulary.ok && vocabulary.value !== undefined ? bytePairCounter(vocabulary.value) : undefined;
    if (own !== undefined) meter.use(own);
    for (const { question, tokens } of await this.#counts(name)) meter.hear(question, tokens);
    return meter;
  }
}
