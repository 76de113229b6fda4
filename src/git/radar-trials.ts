/** Reading what a git answers that merges many pairs of commits on trial (`merge-tree --stdin -z`). */
import { pathText } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Stage } from './merge.ts';

/** A path that could not be merged, with git's word for why (`content`, `modify/delete`, …). */
export interface TrialConflict {
  readonly path: string;
  readonly kind: string;
}

/** How two commits merge. */
export interface Trial {
  /** Empty when they do. */
  readonly conflicts: readonly TrialConflict[];
  /** Conflicts beyond those. */
  readonly more: number;
  /** Of the conflicts that are named. */
  readonly stages: readonly Stage[];
}

/**
 * The answers to `count` merges. Two worktrees full of generated files can differ in tens of thousands of paths, so only `most`
 * conflicts of each merge are named and the others counted, and everything else has its turn in between.
 *
 * @throws Error when there are fewer answers.
 */
export async function readTrials(bytes: Buffer, count: number, most: number): Promise<Trial[]> {
  const fields = new Fields(bytes);
  const pauses = new Pauses();
  const trials: Trial[] = [];
  while (trials.length < count) {
    await pauses.pause();
    const flag = fields.next();
    if (flag !== '0' && flag !== '1') throw new Error(`git merge-tree answered ${trials.length} of ${count} merges.`);
    fields.next(); // the tree
    trials.push(new TrialReader(fields, most).read(flag === '0'));
  }
  return trials;
}

/** NUL-separated fields, as bytes: one character (U+0000 to U+00FF) each. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Empty at the end, too. */
  next(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const stop = end === -1 ? this.#bytes.length : end;
    const field = this.#bytes.toString('latin1', this.#at, stop);
    this.#at = stop + 1;
    return field;
  }
}

/** Reads one merge: for each side of a path in conflict a stage, an empty field, then messages up to an empty field. */
class TrialReader {
  readonly #fields: Fields;
  readonly #most: number;
  readonly #kinds = new Map<string, string>();
  readonly #stages: Stage[] = [];
  #paths = 0;
  #lastPath: string | undefined;

  constructor(fields: Fields, most: number) {
    this.#fields = fields;
    this.#most = most;
  }

  read(conflicts: boolean): Trial {
    for (let field = this.#fields.next(); field !== ''; field = this.#fields.next()) this.#stage(field);
    if (conflicts)
      for (let size = this.#fields.next(); size !== ''; size = this.#fields.next()) this.#message(Number(size));
    const named = [...this.#kinds].map(([path, kind]) => ({ path: textOf(path), kind }));
    return { conflicts: named, more: this.#paths - named.length, stages: this.#stages };
  }

  /** `<mode> <oid> <stage>\t<path>`, those of a path one after the other. */
  #stage(field: string): void {
    const tab = field.indexOf('\t');
    const path = field.slice(tab + 1);
    if (path !== this.#lastPath) {
      this.#lastPath = path;
      this.#paths += 1;
      if (this.#kinds.size < this.#most) this.#kinds.set(path, 'content');
    }
    if (!this.#kinds.has(path)) return;
    const [, oid = '', stage = ''] = field.slice(0, tab).split(' ');
    this.#stages.push({ oid, stage, path: textOf(path) });
  }

  /** A number of paths, these, a class of messages and the sentence. Some conflicts (a folder that was split) have no stages. */
  #message(size: number): void {
    const paths = Array.from({ length: size }, () => this.#fields.next());
    const [type, sentence] = [this.#fields.next(), this.#fields.next()];
    if (!type.startsWith('CONFLICT')) return;
    // The sentence has the word that people know (`add/add`), the type only its class (`contents`).
    const kind = /^CONFLICT \(([^)]*)\)/.exec(sentence)?.[1] ?? 'content';
    for (const path of paths) if (this.#kinds.has(path)) this.#kinds.set(path, kind);
    const [first] = paths;
    if (this.#stages.length > 0 || first === undefined) return;
    if (!this.#kinds.has(first)) this.#paths += 1;
    if (this.#kinds.size < this.#most) this.#kinds.set(first, kind);
  }
}

function textOf(path: string): string {
  return pathText(Buffer.from(path, 'latin1'));
}
