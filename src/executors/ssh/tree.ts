import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { CoppiceError } from '../../core/errors.ts';
import type { AwayTree, SentTree, KeptTree } from '../executor.ts';
import type { RemoteHost } from './remote-host.ts';

/** A pack of a large repository on a slow line. */
const packMs = 30 * 60_000;
const id = /^[0-9a-f]{40,64}$/u;

/** Working trees on another host. Objects travel as packs over the one connection; nothing there is believed but by its hash. */
export class RemoteTree implements AwayTree {
  readonly #host: RemoteHost;

  constructor(host: RemoteHost) {
    this.#host = host;
  }

  async known(session: string, repository: string): Promise<readonly string[]> {
    const { stdout } = await this.#host.ask('tree-known', session, [repository]);
    return stdout.split('\n').filter((line) => id.test(line));
  }

  async put(session: string, { repository, branch, head, commit, pack }: SentTree): Promise<void> {
    const args = [repository, branch, head, commit, pack === undefined ? 'nothing' : 'pack'];
    const input = pack === undefined ? '' : createReadStream(pack);
    await this.#host.must('tree-put', session, args, { input, limitMs: packMs });
  }

  async keep(session: string, repository: string): Promise<KeptTree> {
    const said = await this.#host.must('tree-keep', session, [repository], { limitMs: packMs });
    const [head = '', branch = '', commit = '', tree = ''] = said.trim().split(' ');
    if (![head, commit, tree].every((each) => id.test(each))) {
      throw new CoppiceError(
        'unreachable',
        `${this.#host.name} did not tell what is in the working tree.`,
        `Look at the session's folder in ~/.coppice/remote on ${this.#host.name}.`,
      );
    }
    return { head, commit, tree, ...(branch === '-' ? {} : { branch }) };
  }

  async fetch(session: string, repository: string, commits: readonly string[], file: string): Promise<void> {
    const out = createWriteStream(file, { mode: 0o600 });
    await once(out, 'open');
    try {
      const input = `${commits.join('\n')}\n`;
      const onData = (chunk: Buffer): void => void out.write(chunk);
      await this.#host.must('tree-pack', session, [repository], { input, onData, limitMs: packMs });
    } finally {
      out.end();
      await once(out, 'close');
    }
  }
}
