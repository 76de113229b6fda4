import { mayConflict } from '../../core/radar/prefilter.ts';
import type { Found } from '../../core/radar/compare.ts';
import { overlapFiles, overlapHunks, overlapId, type OverlapFile, type OverlapSide } from '../../core/radar/state.ts';
import { placesOf, type Versions } from '../../git/radar-places.ts';
import type { Trial, TrialMerges } from '../../git/radar.ts';
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
    const tried = fresh.filter((pair) => pair.mayConflict);
    const trials = await this.#trials.merge(tried.map(({ commits }) => commits));
    const verdicts = new Map<string, Finding | undefined>();
    for (const [index, pair] of tried.entries()) {
      const trial = trials[index];
      if (trial !== undefined) verdicts.set(pair.id, await this.#finding(pair, trial));
    }
    for (const { id, commits } of fresh) this.#verdicts.set(id, { of: commits.join(' '), finding: verdicts.get(id) });
    const present = new Set(pairs.map(({ id }) => id));
    for (const id of this.#verdicts.keys()) if (!present.has(id)) this.#verdicts.delete(id);
    const findings = [...this.#verdicts.values()].flatMap(({ finding }) => finding ?? []);
    return { findings, spawned: tried.length === 0 ? 0 : 1 };
  }

  async #finding({ id, ours, theirs, large }: Pair, { conflicts, stages }: Trial): Promise<Finding | undefined> {
    const files: OverlapFile[] = [];
    const lines: FileLines[] = [];
    for (const { path, kind } of conflicts.slice(0, overlapFiles)) {
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
    for (const path of large.slice(0, overlapFiles - files.length)) {
      files.push({ path, kind: 'too large to be merged on trial', hunks: [] });
      lines.push([]);
    }
    if (files.length === 0) return undefined;
    const more = conflicts.length + large.length - files.length;
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

type Judged = Pair & { readonly mayConflict: boolean };

function pairsOf(sides: readonly Side[]): Judged[] {
  const ordered = [...sides].sort((a, b) => (a.session < b.session ? -1 : 1));
  return ordered.flatMap((ours, index) =>
    ordered.slice(index + 1).flatMap((theirs) => {
      if (ours.worktree === theirs.worktree) return []; // one after the other in the same place
      const { session, worktree } = theirs;
      const side = { session, worktree };
      const large = [...ours.large].filter((path) => theirs.large.has(path));
      return {
        ...{ id: overlapId(ours.session, side), ours, theirs: side, large },
        commits: [ours.commit, theirs.commit] as const,
        // From different commits, what one did not touch may still differ.
        mayConflict: large.length > 0 || ours.baseCommit !== theirs.baseCommit || mayConflict(ours.print, theirs.print),
      };
    }),
  );
}

function withBase({ side, tip }: Base): Judged {
  const theirs = { base: side.base, commit: tip };
  return {
    ...{ id: overlapId(side.session, theirs), ours: side, theirs, large: [] },
    commits: [side.commit, tip],
    mayConflict: true,
  };
}
