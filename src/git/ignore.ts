/** What git ignores in a worktree, and what the commit had that the work began with. */
import type { AnswerLength, Coprocess } from './coprocess.ts';
import { pathBytes, zeroJoined, zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';

/** Fields of an answer of `check-ignore -v -z`: file of the rule, its line, the rule, the path. */
const fieldsPerPath = 4;

/**
 * The ignore rules of one worktree. Whether a path is tracked does not count here: with an index `check-ignore` compares
 * every path with every entry.
 */
export class IgnoreRules {
  readonly #git: Coprocess;

  constructor(repository: Repository, path: string) {
    const args = ['check-ignore', '--no-index', '--verbose', '--non-matching', '-z', '--stdin'];
    this.#git = repository.converse(args, { path });
  }

  /** Those of the paths for which a rule says so. Throws like `Coprocess.ask`. */
  async matching(paths: readonly string[]): Promise<string[]> {
    if (paths.length === 0) return [];
    // As they are: without the prefix a path that begins with a colon would be magic.
    const fields = zeroPaths(
      await this.#git.ask(zeroJoined(paths.map((path) => `:(top)${path}`)), zeros(paths.length * fieldsPerPath)),
    );
    return paths.filter((_path, index) => {
      const rule = fields[index * fieldsPerPath + 2] ?? '';
      return rule !== '' && !rule.startsWith('!');
    });
  }

  /** git reads rules once: after they have changed it has to begin anew. */
  changed(): void {
    this.#git.renew();
  }

  close(): void {
    this.#git.close();
  }
}

/** Looks objects of commits up by path, for all worktrees of a repository. */
export class Lookup {
  readonly #git: Coprocess;

  constructor(repository: Repository) {
    this.#git = repository.converse(['cat-file', '--batch-check=%(objectname)', '-z']);
  }

  /** Id of what a commit or tree has at each path (a file, or a folder); undefined for nothing. */
  async at(treeish: string, paths: readonly string[]): Promise<(string | undefined)[]> {
    if (paths.length === 0) return [];
    const names = paths.map((path) => Buffer.concat([Buffer.from(`${treeish}:`), pathBytes(path)]));
    const ends: number[] = [];
    // In one go: thousands of folders are asked about when a watch begins, beside the start of an agent.
    const question = Buffer.concat(names.flatMap((name) => [name, Buffer.of(0)]));
    const answer = await this.#git.ask(question, lines(names, ends));
    return ends.map((end, index) => {
      const id = answer.toString('latin1', ends[index - 1] ?? 0, end).trimEnd();
      return /^[0-9a-f]{40,64}$/.test(id) ? id : undefined;
    });
  }

  close(): void {
    this.#git.close();
  }
}

/** So many parts that each end with a NUL. */
function zeros(count: number): AnswerLength {
  let seen = 0;
  let from = 0;
  return (bytes) => {
    while (seen < count) {
      const at = bytes.indexOf(0, from);
      if (at === -1) {
        from = bytes.length;
        return undefined;
      }
      seen += 1;
      from = at + 1;
    }
    return from;
  };
}

/** One line for each name, or a sentence about it; `ends` takes where each of them ends. */
function lines(names: readonly Buffer[], ends: number[]): AnswerLength {
  return (bytes) => {
    for (const name of names.slice(ends.length)) {
      const from = ends.at(-1) ?? 0;
      const length = lineOr(Buffer.concat([name, Buffer.from(' missing\n')]))(bytes.subarray(from));
      if (length === undefined) return undefined;
      ends.push(from + length);
    }
    return ends.at(-1);
  };
}

/** One line; or a sentence that repeats the question, which may hold line breaks of its own. */
function lineOr(sentence: Buffer): AnswerLength {
  return (bytes) => {
    const common = Math.min(bytes.length, sentence.length);
    if (bytes.subarray(0, common).equals(sentence.subarray(0, common))) {
      return bytes.length >= sentence.length ? sentence.length : undefined;
    }
    const end = bytes.indexOf(0x0a);
    return end === -1 ? undefined : end + 1;
  };
}
