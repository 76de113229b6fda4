/** Makes changes of sightings: what git ignores is left out, the rest gets its hashes. */
import type { Stats } from 'node:fs';
import { defined } from '../core/defined.ts';
import { changeKinds, noChanges, type ChangeCounts, type FileChange } from '../core/watch/state.ts';
import { blobHash, type ObjectFormat } from './blob-hash.ts';
import { each } from './each.ts';
import type { FolderTree } from './folder-tree.ts';
import type { Allowance } from './limits.ts';
import type { WatchRules } from './rules.ts';
import { kindOf, withRenames, type Sighting } from './sighting.ts';

/** What changed at about the same time. Of a storm `changes` is a sample without hashes; the counts are of all. */
export interface Batch {
  readonly counts: ChangeCounts;
  readonly changes: readonly FileChange[];
}

/** A batch with all its paths, ignored ones left out. */
export interface Recorded extends Batch {
  readonly paths: readonly string[];
  readonly storm: boolean;
}

/** What tells how files changed, and how many may be read for it. */
export interface RecorderOptions {
  readonly rules: WatchRules;
  readonly hashing: Allowance;
  readonly format: ObjectFormat;
}

/** Paths of which is known whether git ignores them, and what they held; older ones are asked again. */
const mostRemembered = 20_000;
const stormSample = 20;
/** The second half of a rename comes no later than this after the first was recorded. */
const lateMs = 1_000;
const atOnce = 8;

const emptyBlobs: Readonly<Record<ObjectFormat, string>> = {
  sha1: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  sha256: '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
};

/** Remembers what paths held last, to tell how each changed. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #ignored = new Map<string, boolean>();
  /** What was recorded last at a path: its blob and mode, null for none. */
  readonly #known = new Map<string, string | null>();
  /** Where a blob was that was deleted a moment ago, and when. */
  readonly #lost = new Map<string, { readonly path: string; readonly at: number }>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Whether a path is known to be ignored. */
  ignores(path: string): boolean {
    return this.#ignored.get(path) === true;
  }

  /** Rules of what is ignored have changed. */
  forgetRules(): void {
    this.#ignored.clear();
    this.#options.rules.rulesChanged();
  }

  /**
   * @param sure whether each sighting is a change for certain; if not, those that cannot be hashed are left out.
   * @throws when git cannot say what is ignored; then nothing of it is recorded.
   */
  async record(tree: FolderTree, sightings: readonly Sighting[], sure: boolean): Promise<Recorded> {
    const kept = await this.#kept(sightings);
    const paths = kept.map(({ path }) => path);
    if (!this.#options.hashing.take(kept.length)) {
      const changes = kept
        .map((each) => ({ path: each.path, kind: kindOf(each), ...defined({ size: each.now?.size }) }))
        .filter(({ kind }) => sure || kind !== 'modified');
      return { paths, storm: true, counts: count(changes), changes: changes.slice(0, stormSample) };
    }
    const changes = await this.#hashed(tree, kept);
    return { paths, storm: false, counts: count(changes), changes };
  }

  async #kept(sightings: readonly Sighting[]): Promise<Sighting[]> {
    const asked = sightings.map(({ path }) => path).filter((path) => !this.#ignored.has(path));
    if (asked.length > 0) {
      const ignored = await this.#options.rules.ignored(asked);
      if (this.#ignored.size + asked.length > mostRemembered) this.#ignored.clear();
      for (const path of asked) this.#ignored.set(path, ignored.has(path));
      if (asked.length > mostRemembered) return sightings.filter(({ path }) => !ignored.has(path));
    }
    return sightings.filter(({ path }) => this.#ignored.get(path) !== true);
  }

  async #hashed(tree: FolderTree, sightings: readonly Sighting[]): Promise<FileChange[]> {
    const before = await this.#before(sightings);
    const made = new Map<Sighting, FileChange>();
    await each(sightings, atOnce, async (sighting) => {
      const { path, now } = sighting;
      const hash = now === undefined ? 'gone' : await blobHash(bytesPath(tree, path), now, this.#options.format);
      const change = this.#change(sighting, before.get(path), hash);
      if (change !== undefined) made.set(sighting, change);
    });
    const ordered = sightings.flatMap((sighting) => made.get(sighting) ?? []);
    return this.#withLateRenames(withRenames(ordered, emptyBlobs[this.#options.format]));
  }

  /** The system tells of the two halves of a rename one after the other: the first may have been recorded as a deletion. */
  #withLateRenames(changes: readonly FileChange[]): FileChange[] {
    const now = performance.now();
    for (const [blob, { at }] of this.#lost) if (now - at > lateMs) this.#lost.delete(blob);
    const told = changes.map((change): FileChange => {
      const from = change.kind === 'created' ? this.#lost.get(change.after ?? '') : undefined;
      if (from === undefined) return change;
      this.#lost.delete(change.after ?? '');
      return { ...change, kind: 'renamed', from: from.path, before: change.after ?? null };
    });
    for (const { kind, path, before } of told) {
      const blob = before ?? '';
      if (kind === 'deleted' && blob !== '' && blob !== emptyBlobs[this.#options.format])
        this.#lost.set(blob, { path, at: now });
    }
    return told;
  }

  /** Undefined when nothing changed, or when there is more to come. */
  #change(
    { path, was, now }: Sighting,
    before: string | null | undefined,
    hash: Awaited<ReturnType<typeof blobHash>> | 'gone',
  ): FileChange | undefined {
    const known = this.#known.get(path);
    const existed = was && known !== null;
    if (hash === 'moving') {
      if (!existed) this.#remember(path, null);
      return undefined;
    }
    if (hash === 'gone') {
      this.#remember(path, null);
      return existed ? { path, kind: 'deleted', ...defined({ before: blobOf(before) }), after: null } : undefined;
    }
    const state = hash === undefined ? undefined : `${hash.id} ${modeOf(now)}`;
    this.#remember(path, state);
    if (existed && state !== undefined && state === (known ?? assumed(before))) return undefined;
    const facts = defined({ after: hash?.id, size: now?.size });
    if (!existed) return { path, kind: 'created', before: null, ...facts };
    return { path, kind: 'modified', ...defined({ before: blobOf(before) }), ...facts };
  }

  async #before(sightings: readonly Sighting[]): Promise<ReadonlyMap<string, string | null | undefined>> {
    const before = new Map<string, string | null | undefined>();
    const asked: string[] = [];
    for (const { path, was } of sightings) {
      if (this.#known.has(path)) before.set(path, this.#known.get(path));
      else if (was) asked.push(path);
    }
    const blobs = asked.length === 0 ? [] : await this.#options.rules.baseline(asked);
    asked.forEach((path, index) => before.set(path, blobs[index]));
    return before;
  }

  /** Undefined: not known. */
  #remember(path: string, state: string | null | undefined): void {
    this.#known.delete(path);
    if (state === undefined) return;
    this.#known.set(path, state);
    if (this.#known.size <= mostRemembered) return;
    const [oldest = ''] = this.#known.keys();
    this.#known.delete(oldest);
  }
}

function modeOf(stats: Stats | undefined): 'x' | '-' {
  return ((stats?.mode ?? 0) & 0o100) === 0 ? '-' : 'x';
}

/** A blob of the baseline as a state: its mode is not known and taken to be the usual one. */
function assumed(blob: string | null | undefined): string | undefined {
  return typeof blob === 'string' ? `${blob} -` : undefined;
}

function blobOf(state: string | null | undefined): string | null | undefined {
  return typeof state === 'string' ? state.split(' ', 1)[0] : state;
}

function bytesPath(tree: FolderTree, path: string): Buffer {
  const full = tree.full(path);
  return typeof full === 'string' ? Buffer.from(full) : full;
}

function count(changes: readonly FileChange[]): ChangeCounts {
  const counts = { ...noChanges };
  for (const { kind } of changes) counts[kind] += 1;
  return counts;
}

/** Whether a batch says anything. */
export function isEmpty({ counts }: Batch): boolean {
  return changeKinds.every((kind) => counts[kind] === 0);
}
