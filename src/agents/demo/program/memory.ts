import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the demo agent knows of a conversation, also after a restart. */
export interface Memory {
  readonly session: string;
  /** Turns that were begun. */
  readonly turns: number;
  /** Ids of the prompts that were taken, the last ones. */
  readonly prompts: readonly string[];
}

const mostPrompts = 1000;

/** Keeps one conversation in a file. */
export class MemoryFile {
  readonly #folder: string;
  #memory: Memory;

  private constructor(folder: string, memory: Memory) {
    this.#folder = folder;
    this.#memory = memory;
  }

  /** The conversation of this id, begun when it is not known; undefined when it has to be known and is not. */
  static async open(folder: string, session: string, mustExist: boolean): Promise<MemoryFile | undefined> {
    const known = await read(fileOf(folder, session));
    if (known === undefined && mustExist) return undefined;
    return new MemoryFile(folder, { session, turns: known?.turns ?? 0, prompts: known?.prompts ?? [] });
  }

  /** The conversation as it was after so many turns, under another id; undefined when it is not known so far. */
  static async copy(folder: string, from: string, turns: number, to: string): Promise<MemoryFile | undefined> {
    const known = await read(fileOf(folder, from));
    if (known === undefined || !(turns >= 0 && turns <= known.turns)) return undefined;
    // Each turn has a prompt; of very many only the last ones are known.
    const prompts = known.prompts.slice(0, Math.max(0, known.prompts.length - (known.turns - turns)));
    return new MemoryFile(folder, { session: to, turns, prompts });
  }

  get turns(): number {
    return this.#memory.turns;
  }

  knows(prompt: string): boolean {
    return this.#memory.prompts.includes(prompt);
  }

  /** Remembers that the turn of this prompt began, before anything of it is done. */
  async begin(prompt: string): Promise<void> {
    const { session, turns, prompts } = this.#memory;
    this.#memory = { session, turns: turns + 1, prompts: [...prompts, prompt].slice(-mostPrompts) };
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = fileOf(this.#folder, session);
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, JSON.stringify(this.#memory), { mode: 0o600 });
    await rename(draft, file);
  }
}

/** Ids come from the command line: only harmless characters become part of a name. */
function fileOf(folder: string, session: string): string {
  return join(folder, `demo-${session.replaceAll(/[^A-Za-z0-9-]/gu, '_').slice(0, 100)}.json`);
}

async function read(file: string): Promise<Pick<Memory, 'turns' | 'prompts'> | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('turns' in value) || !('prompts' in value)) return undefined;
  const { turns, prompts } = value;
  if (typeof turns !== 'number' || !Array.isArray(prompts)) return undefined;
  return { turns, prompts: prompts.filter((prompt) => typeof prompt === 'string') };
}
