import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { footprint, mayConflict, type Footprint } from '../../../src/core/radar/prefilter.ts';
import { TrialMerges } from '../../../src/git/radar.ts';
import { Chance } from '../../support/engine/chance.ts';
import { Sandbox } from './support.ts';

/** Path → content. */
type Files = ReadonlyMap<string, string>;

const pairs = 300;
const text = (name: string): string =>
  `${Array.from({ length: 12 }, (_line, index) => `${index} of ${name}`).join('\n')}\n`;

const base: Files = new Map(
  [
    'top',
    'a/x',
    'a/y',
    'a/sub/p',
    'a/sub/q',
    'a/sub/deep/r',
    'b/z',
    'b/w',
    'c/only',
    'c/in/v',
    'd/sub/p',
    'd/sub/q',
  ].map((path) => [path, text(path)]),
);

/** Edits of one side, such as agents make: in files, of names, of folders, and of what a name is. */
class Side {
  readonly files = new Map(base);
  readonly done: string[] = [];
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
    for (let count = 1 + chance.below(3); count > 0; count -= 1) this.#edit();
  }

  /** What the radar knows of it. */
  get print(): Footprint {
    const paths = new Set([...base.keys(), ...this.files.keys()]);
    const changed = [...paths].filter((path) => base.get(path) !== this.files.get(path));
    return footprint(
      changed,
      changed.filter((path) => !this.files.has(path)),
    );
  }

  #one(of: readonly string[]): string {
    return of[this.#chance.below(of.length)] ?? '';
  }

  #edit(): void {
    const path = this.#one([...this.files.keys()]);
    const folder = this.#one([
      '',
      'a',
      'a/sub',
      'a/sub/deep',
      'b',
      'c',
      'c/in',
      'd',
      'd/sub',
      'new',
      'new/sub',
      'moved',
    ]);
    const name = this.#one(['x', 'n1', 'n2', 'sub', 'y']);
    const to = folder === '' ? name : `${folder}/${name}`;
    const edits: readonly (readonly [string, () => void])[] = [
      [`edits ${path}`, () => this.#put(path, `${this.files.get(path) ?? ''}more\n`)],
      [`writes ${to}`, () => this.#put(to, text(`${to} ${this.#chance.below(2)}`))],
      [`deletes ${path}`, () => void this.files.delete(path)],
      [`moves ${path} to ${to}`, () => this.#move(path, to)],
      [`moves the folder ${folder} to ${to}`, () => this.#moveFolder(folder, to)],
      [`moves the folder ${folder} to the top`, () => this.#moveFolder(folder, '')],
      ['moves the folder a to moved', () => this.#moveFolder('a', 'moved')],
      ['moves the folder d to moved', () => this.#moveFolder('d', 'moved')],
    ];
    const [what, edit] = edits[this.#chance.below(edits.length)] ?? ['', () => undefined];
    edit();
    this.done.push(what);
  }

  /** What is in the way goes, as with a file that takes the place of a folder. */
  #put(path: string, content: string): void {
    for (const each of [...this.files.keys()]) {
      if (each.startsWith(`${path}/`) || path.startsWith(`${each}/`)) this.files.delete(each);
    }
    this.files.set(path, content);
  }

  #move(from: string, to: string): void {
    const content = this.files.get(from);
    if (content === undefined || from === to) return;
    this.files.delete(from);
    this.#put(to, content);
  }

  #moveFolder(from: string, to: string): void {
    if (from === '' || from === to || to.startsWith(`${from}/`)) return;
    for (const path of [...this.files.keys()]) {
      const inside = path.slice(from.length + 1);
      if (path.startsWith(`${from}/`)) this.#move(path, to === '' ? inside : `${to}/${inside}`);
    }
  }
}

describe('radar: sides that are not merged on trial', function () {
  this.timeout(120_000);
  const chance = new Chance();
  let sandbox: Sandbox;
  before(async () => (sandbox = await Sandbox.make()));
  after(async () => {
    await sandbox.clean();
    process.stdout.write(`      seed ${chance.seed}\n`);
  });

  it('could all be merged, whatever was edited, moved, deleted or became a folder', async () => {
    const main = await sandbox.repository('project', Object.fromEntries(base));
    const head = await sandbox.git(main, 'rev-parse', 'HEAD');
    const sides = Array.from({ length: 2 * pairs }, () => new Side(chance));
    const stream = sides.map(({ files }, index) => {
      const written = [...files].map(
        ([path, content]) => `M 100644 inline ${path}\ndata ${content.length}\n${content}`,
      );
      const start = `commit refs/sides/${index}\nmark :${index + 1}\ncommitter A <a@b> 0 +0000\ndata 0\nfrom ${head}\n`;
      return `${start}deleteall\n${written.join('\n')}\n\nget-mark :${index + 1}\n`;
    });
    const { stdout } = spawnSync('git', ['fast-import', '--quiet', '--force'], {
      ...{ cwd: main, env: sandbox.env, input: `feature get-mark\n${stream.join('')}done\n` },
    });
    const commits = String(stdout).split('\n');
    const couples = Array.from({ length: pairs }, (_pair, index) => [2 * index, 2 * index + 1] as const);
    const merges = await TrialMerges.open(await sandbox.open(main));
    const { trials, processes } = await merges.merge(
      couples.map(([one, other]) => [commits[one] ?? '', commits[other] ?? ''] as const),
      20,
    );
    await merges.close();
    let skipped = 0;
    for (const [index, [one, other]] of couples.entries()) {
      const [ours, theirs] = [sides[one], sides[other]];
      if (ours === undefined || theirs === undefined || mayConflict(ours.print, theirs.print)) continue;
      skipped += 1;
      const said = JSON.stringify({ ours: ours.done, theirs: theirs.done, found: trials[index]?.conflicts });
      assert.deepEqual(trials[index]?.conflicts, [], `${said} (seed ${chance.seed})`);
    }
    const clashes = trials.filter((trial) => trial !== undefined && trial.conflicts.length > 0).length;
    const failed = trials.filter((trial) => trial === undefined).length;
    // Else the edits would prove nothing.
    assert.ok(skipped > pairs / 20 && clashes > pairs / 20, `${skipped} skipped, ${clashes} conflicts`);
    // Some merges end git itself: each costs some processes, and no other pair its answer.
    assert.ok(failed < pairs / 10 && processes <= 1 + 20 * failed, `${failed} failed, ${processes} processes`);
  });
});
