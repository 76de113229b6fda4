import { mayConflict } from '../../core/radar/prefilter.ts';
import type { Found } from '../../core/radar/compare.ts';
import { overlapFiles, overlapHunks, overlapId, type OverlapFile, type OverlapSide } from '../../core/radar/state.ts';
import { placesOf, type Versions } from '../../git/radar-places.ts';
import { Pauses } from '../../git/pauses.ts';
import type { Trial } from '../../git/radar-trials.ts';
import type { TrialMerges } from '../../git/radar.ts';
import type { Side } from './sides.ts';

/** The lines of the places of an overlap's files, in their order. */
export type FileLines = readonly { readonly ours: readonly string[]; readonly theirs: readonly string[] }[];

/** What one trial merge found; undefined when both can be merged. */
export interface Finding {
  readonly found: Found;
  /** By index of the file. */
  readonly lines: readonly FileLines[];
}

interface Pair {
  readonly id: string;
  readonly ours: Side;
  readonly theirs: OverlapSide;
  /** The other session's side; undefined for a branch. */
  readonly other?: Side;
  readonly commits: readonly [ours: string, theirs: string];
  /** Paths that both changed and that are too large to be compared. */
  readonly large: readonly string[];
}

/** The branch that a side came from. */
export interface Base {
  readonly side: Side;
  readonly tip: string;
}

const shownLines = 50;
const shownChars = 400;

/** Compares the sides of one repository in pairs. What was compared once is not compared again while neither side changes. */
export class Scan {
  readonly #trials: TrialMerges;
  readonly #repository: string;
  readonly #verdicts = new Map<string, { readonly of: string; readonly finding: Finding | undefined }>();

  constructor(trials: TrialMerges, repository: string) {
    this.#trials = trials;
    this.#repository = repository;
  }

  /** All overlaps at the moment, and how many git processes that took. */
  async run(
    sides: readonly Side[],
    bases: readonly Base[],
  ): Promise<{ readonly findings: readonly Finding[]; readonly spawned: number }> {
    const pairs = [...pairsOf(sides), ...bases.map(withBase)];
    const fresh = pairs.filter(({ id, commits }) => this.#verdicts.get(id)?.of !== commits.join(' '));
    const tried: Pair[] = [];
    const pauses = new Pauses();
    for (const pair of fresh) {
      await pauses.pause();
      if (isWorthTrying(pair)) tried.push(pair);
    }
    const { trials, processes } = await this.#trials.merge(
      tried.map(({ commits }) => commits),
      overlapFiles,
    );
    const verdicts = new Map<string, Finding | undefined>();
    for (const [index, pair] of tried.entries()) {
      const trial = trials[index];
      verdicts.set(pair.id, trial === undefined ? this.#untold(pair) : await this.#finding(pair, trial));
    }
    for (const { id, commits } of fresh) this.#verdicts.set(id, { of: commits.join(' '), finding: verdicts.get(id) });
    const present = new Set(pairs.map(({ id }) => id));
    for (const id of this.#verdicts.keys()) if (!present.has(id)) this.#verdicts.delete(id);
    const findings = [...this.#verdicts.values()].flatMap(({ finding }) => finding ?? []);
    return { findings, spawned: processes };
  }

  async #finding(pair: Pair, { conflicts, more, stages }: Trial): Promise<Finding | undefined> {
    const files: OverlapFile[] = [];
    const lines: FileLines[] = [];
    for (const { path, kind } of conflicts) {
      const at = (stage: string): string | undefined =>
        stages.find((each) => each.path === path && each.stage === stage)?.oid;
      const versions = await this.#versions(at('1'), at('2'), at('3'));
      const hunks = versions === undefined ? [] : placesOf(versions).slice(0, overlapHunks);
      files.push({ path, kind, hunks });
      lines.push(
        hunks.map((hunk) => ({
          ours: shown(versions?.ours ?? [], hunk.ours),
          theirs: shown(versions?.theirs ?? [], hunk.theirs),
        })),
      );
    }
    const large = pair.large.slice(0, overlapFiles - files.length);
    files.push(...large.map((path) => ({ path, kind: 'too large to be merged on trial', hunks: [] })));
    return this.#overlap(pair, files, { lines, more: more + pair.large.length - large.length });
  }

  /** Not known whether they can be merged, which is no reason to be silent. */
  #untold(pair: Pair): Finding | undefined {
    const { ours, other } = pair;
    const paths = [...ours.print.paths];
    const shared = other === undefined ? paths : paths.filter((path) => other.print.paths.has(path));
    const named = shared.length > 0 ? shared : paths;
    const files = named
      .slice(0, overlapFiles)
      .map((path) => ({ path, kind: 'git could not merge it on trial', hunks: [] }));
    return this.#overlap(pair, files, { lines: [], more: named.length - files.length });
  }

  #overlap(
    { id, ours, theirs }: Pair,
    files: readonly OverlapFile[],
    { lines, more }: { readonly lines: readonly FileLines[]; readonly more: number },
  ): Finding | undefined {
    if (files.length === 0) return undefined;
    const { session, worktree } = ours;
    return { found: { id, repository: this.#repository, ours: { session, worktree }, theirs, files, more }, lines };
  }

  /** Without a common content (both added the file) every line is a difference. */
  async #versions(
    base: string | undefined,
    ours: string | undefined,
    theirs: string | undefined,
  ): Promise<Versions | undefined> {
    if (ours === undefined || theirs === undefined) return undefined;
    const read = (id: string | undefined): Promise<string[] | undefined> =>
      id === undefined ? Promise.resolve([]) : this.#trials.lines(id);
    const [common, mine, other] = await Promise.all([read(base), read(ours), read(theirs)]);
    if (common === undefined || mine === undefined || other === undefined) return undefined;
    return { base: common, ours: mine, theirs: other };
  }
}

function shown(lines: readonly string[], { start, lines: count }: { start: number; lines: number }): string[] {
  return lines.slice(start - 1, start - 1 + Math.min(count, shownLines)).map((line) => line.slice(0, shownChars));
}

function pairsOf(sides: readonly Side[]): Pair[] {
  const ordered = [...sides].sort((a, b) => (a.session < b.session ? -1 : 1));
  return ordered.flatMap((ours, index) =>
    ordered.slice(index + 1).flatMap((other) => {
      if (ours.worktree === other.worktree) return []; // one after the other in the same place
      const { session, worktree } = other;
      const theirs = { session, worktree };
      const large = [...ours.large].filter((path) => other.large.has(path));
      const commits = [ours.commit, other.commit] as const;
      return [{ id: overlapId(ours.session, theirs), ours, theirs, other, large, commits }];
    }),
  );
}

function withBase({ side, tip }: Base): Pair {
  const theirs = { base: side.base, commit: tip };
  return { id: overlapId(side.session, theirs), ours: side, theirs, large: [], commits: [side.commit, tip] };
}

/** False only where the merge is clean for certain. From different commits, what one did not touch may still differ. */
function isWorthTrying({ ours, other, large }: Pair): boolean {
  if (other === undefined || large.length > 0 || ours.baseCommit !== other.baseCommit) return true;
  return mayConflict(ours.print, other.print);
}
