/** Branches as maps in memory, and what a merge of them has to be. */
import type { Chance } from '../../support/engine/chance.ts';

/** A file: lines that never change, which carry its name and its birth, with a slot between each two of them. */
export interface Text {
  readonly born: string;
  readonly slots: readonly string[];
}
/** Files by name. */
export type Files = ReadonlyMap<string, Text>;

const slotCount = 8;
const linesBetween = 5;
const names = Array.from({ length: 20 }, (_, index) => `${String.fromCharCode(97 + index)}.txt`);

/** The bytes of a file. */
export function textOf({ born, slots }: Text): string {
  const still = (part: number): string =>
    Array.from({ length: linesBetween }, (_, line) => `${born} stays ${part}.${line}\n`).join('');
  return still(0) + slots.map((slot, index) => `${slot}\n${still(index + 1)}`).join('');
}

function same(a: Text | undefined, b: Text | undefined): boolean {
  return a?.born === b?.born && a?.slots.join() === b?.slots.join();
}

/** Whether two states have the same files. */
export function sameFiles(a: Files, b: Files): boolean {
  return [...new Set([...a.keys(), ...b.keys()])].every((name) => same(a.get(name), b.get(name)));
}

/** The files that both sides make of a base, or the names on which they disagree. */
export function merge(base: Files, ours: Files, theirs: Files): Files | readonly string[] {
  const merged = new Map<string, Text>();
  const apart: string[] = [];
  for (const name of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const [b, o, t] = [base.get(name), ours.get(name), theirs.get(name)];
    const kept = same(o, t) || same(b, t) ? o : same(b, o) ? t : inSlots(b, o, t);
    if (kept === 'apart') apart.push(name);
    else if (kept !== undefined) merged.set(name, kept);
  }
  return apart.length > 0 ? apart.sort() : merged;
}

function inSlots(base: Text | undefined, ours: Text | undefined, theirs: Text | undefined): Text | 'apart' {
  if (base === undefined || ours === undefined || theirs === undefined) return 'apart';
  if (base.born !== ours.born || base.born !== theirs.born) return 'apart';
  const slots = base.slots.map((slot, index) => {
    const [o, t] = [ours.slots[index], theirs.slots[index]];
    return o === t || slot === t ? o : slot === o ? t : undefined;
  });
  return slots.every((slot) => slot !== undefined) ? { born: base.born, slots } : 'apart';
}

/** A few changes of a state, by chance. */
export class Author {
  readonly #chance: Chance;
  #count = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  changed(files: Files): Map<string, Text> {
    const next = new Map(files);
    for (let left = 1 + this.#chance.below(3); left > 0; left -= 1) this.#change(next);
    return next;
  }

  #change(files: Map<string, Text>): void {
    this.#count += 1;
    const name = names[this.#chance.below(names.length)] ?? '';
    const text = files.get(name);
    if (text === undefined) {
      const slots = Array.from({ length: slotCount }, (_, index) => `${name} ${this.#count} slot ${index}`);
      files.set(name, { born: `${name} ${this.#count}`, slots });
    } else if (this.#chance.below(15) === 0) {
      files.delete(name);
    } else {
      const at = this.#chance.below(slotCount);
      files.set(name, { ...text, slots: text.slots.with(at, `${name} changed ${this.#count}`) });
    }
  }
}

/** A commit of the model; those that a rebase makes on its way have ids of their own. */
export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly files: Files;
}

/** All commits, and how they hang together. */
export class History {
  readonly #commits = new Map<string, Commit>();
  #made = 0;

  add(commit: Commit): void {
    this.#commits.set(commit.id, commit);
  }

  get(id: string): Commit {
    const commit = this.#commits.get(id);
    if (commit === undefined) throw new Error(`The model has no commit ${id}.`);
    return commit;
  }

  #reached(id: string): Set<string> {
    const seen = new Set<string>();
    const open = [id];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...this.get(at).parents);
    }
    return seen;
  }

  has(tip: string, commit: string): boolean {
    return this.#reached(tip).has(commit);
  }

  /** The last common commit. Branches of sessions take nothing in, so there is one. */
  fork(a: string, b: string): string {
    const others = this.#reached(b);
    for (let at: string | undefined = a, open = [a]; at !== undefined; at = open.shift()) {
      if (others.has(at)) return at;
      open = [...open.filter((each) => each !== at), ...this.get(at).parents.toReversed()];
    }
    throw new Error('The model has no common commit.');
  }

  /** Commits of a line that the other one has not, oldest first. */
  since(tip: string, without: string): Commit[] {
    const out = this.#reached(without);
    const found: Commit[] = [];
    for (let at: string | undefined = tip; at !== undefined && !out.has(at); [at] = this.get(at).parents) {
      found.unshift(this.get(at));
    }
    return found;
  }

  /** A commit on top of another one, not known to git. */
  onTop(parent: string, files: Files): Commit {
    this.#made += 1;
    const commit = { id: `made ${this.#made}`, parents: [parent], files };
    this.add(commit);
    return commit;
  }
}
