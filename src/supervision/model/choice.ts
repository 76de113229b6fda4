/** Which of the installed models judges. */

/** An installed model. What a server does not say is absent. */
export interface Installed {
  readonly name: string;
  readonly family: string;
  readonly sizeBytes: number;
  /** As the server writes it: `7.6B`. */
  readonly parameters?: string;
  readonly capabilities?: readonly string[];
  readonly contextTokens?: number;
}

/** What is wanted: a name (then only that one will do), the context that the prompts need, the size that fits. */
export interface Wish {
  readonly name?: string;
  readonly contextTokens: number;
  readonly maxBytes?: number;
}

/** The model that was chosen with the context to use it with, or a sentence why none was; and why others were passed over. */
export interface Choice {
  readonly model?: Installed;
  readonly contextTokens?: number;
  readonly sentence: string;
  readonly passedOver: readonly { readonly name: string; readonly why: string }[];
}

/** The better a pattern's place, the sooner it is taken: coding Qwens first, then other Qwens, then anything that can chat. */
const preferred: readonly RegExp[] = [
  /^qwen3\.6/iu,
  /^qwen3\.5/iu,
  /^qwen3-coder/iu,
  /^qwen3/iu,
  /^qwen2\.5-coder/iu,
  /^qwen/iu,
  /coder|code/iu,
  /./u,
];

/** Chooses by name if one is wished for, else the first of the preferences that can do the work, the largest that fits. */
export function chooseModel(installed: readonly Installed[], wish: Wish): Choice {
  const named = wish.name === undefined ? installed : installed.filter((each) => sameName(each.name, wish.name ?? ''));
  if (named.length === 0) {
    const sentence = wish.name === undefined ? 'No model is installed.' : `The model ${wish.name} is not installed.`;
    return { sentence, passedOver: [] };
  }
  const judged = named.map((model) => ({ model, why: unfit(model, wish) }));
  const passedOver = judged.flatMap(({ model, why }) => (why === undefined ? [] : [{ name: model.name, why }]));
  const [best] = judged
    .filter(({ why }) => why === undefined)
    .map(({ model }) => model)
    .sort((a, b) => rank(a) - rank(b) || b.sizeBytes - a.sizeBytes || (a.name < b.name ? -1 : 1));
  if (best === undefined) {
    const [first] = passedOver;
    return {
      sentence: `No installed model can judge: ${first === undefined ? '' : `${first.name} ${first.why}`}.`,
      passedOver,
    };
  }
  return { model: best, contextTokens: wish.contextTokens, sentence: `${best.name} judges.`, passedOver };
}

function rank({ name }: Installed): number {
  const bare = name.slice(name.lastIndexOf('/') + 1);
  return preferred.findIndex((each) => each.test(bare));
}

/** `x` is `x:latest`. */
function sameName(a: string, b: string): boolean {
  const full = (name: string): string => (name.includes(':') ? name : `${name}:latest`);
  return full(a) === full(b);
}

function unfit({ capabilities, contextTokens, sizeBytes }: Installed, wish: Wish): string | undefined {
  if (capabilities !== undefined && !capabilities.includes('completion')) return 'cannot chat';
  if (contextTokens !== undefined && contextTokens < wish.contextTokens) {
    return `reads ${contextTokens} tokens, and ${wish.contextTokens} are needed`;
  }
  if (wish.maxBytes !== undefined && sizeBytes > wish.maxBytes) return 'is larger than allowed';
  return undefined;
}
