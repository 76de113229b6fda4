/** Models that can be fetched for reviews: what is offered to a person, with its size, before anything is loaded. Pure. */

/** A model by the name that its server knows. */
export interface Offer {
  readonly name: string;
  /** What is loaded over the network, about, as Ollama's library tells it. */
  readonly bytes: number;
}

const smallest = { name: 'qwen2.5-coder:1.5b', bytes: 986e6, memoryBytes: 0 };

/** Of the same family, the strongest first, each with the memory of the machine from which on it is offered. */
const offers: readonly (Offer & { readonly memoryBytes: number })[] = [
  { name: 'qwen3-coder:30b', bytes: 19e9, memoryBytes: 32e9 },
  { name: 'qwen2.5-coder:7b', bytes: 4.7e9, memoryBytes: 12e9 },
  smallest,
];

/** What a machine with so much memory is offered. */
export function offerFor(memoryBytes: number): Offer {
  const { name, bytes } = offers.find((each) => memoryBytes >= each.memoryBytes) ?? smallest;
  return { name, bytes };
}

/** The model of this name, with its size where it is one of those that are offered. */
export function offerNamed(name: string): Pick<Offer, 'name'> & Partial<Offer> {
  const found = offers.find((each) => each.name === name);
  return found === undefined ? { name } : { name, bytes: found.bytes };
}
