import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { CoppiceError } from '../../core/errors.ts';
import type { AwayScript, AwayScriptEnd, AwayTree, KeptTree, SentTree } from '../executor.ts';
import type { RemoteHost } from './remote-host.ts';
import { startText } from './start-text.ts';

/** A pack of a large repository on a slow line. */
const packMs = 30 * 60_000;
/** What a host may need beyond the time of a script to end what it began. */
const scriptEndMs = 60_000;
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

  async put(
    session: string,
    { repository, branch, head, commit, pack }: SentTree,
  ): Promise<{ readonly furnished: boolean }> {
    const args = [repository, branch, head, commit, pack === undefined ? 'nothing' : 'pack'];
    const input = pack === undefined ? '' : createReadStream(pack);
    const said = await this.#host.must('tree-put', session, args, { input, limitMs: packMs });
    return { furnished: said.trim() === 'furnished' };
  }

  async ignore(session: string, repository: string, patterns: readonly string[]): Promise<void> {
    await this.#host.must('tree-ignore', session, [repository], {
      input: patterns.map((line) => `${line}\n`).join(''),
    });
  }

  async fill(session: string, archive: string): Promise<void> {
    await this.#host.must('tree-fill', session, [], { input: createReadStream(archive), limitMs: packMs });
  }

  async script(session: string, { file, args, env, timeoutMs, sink, signal }: AwayScript): Promise<AwayScriptEnd> {
    const facts = await this.#host.facts();
    const own = { ...env, COPPICE_WORKTREE: `${facts.home}/.coppice/remote/sessions/${session}/work` };
    const answer = await this.#host.ask('script', session, [String(Math.ceil(timeoutMs / 1000))], {
      input: startText({ session, run: 0, env: own, command: file, args }, facts),
      onData: sink,
      limitMs: timeoutMs + scriptEndMs,
      ...(signal === undefined ? {} : { signal }),
    });
    const code = /^ended (\d+)$/mu.exec(answer.stderr)?.[1];
    if (code !== undefined) return { ended: 'itself', code: Number(code) };
    if (/^timeout$/mu.test(answer.stderr)) return { ended: 'timeout', code: undefined };
    throw new CoppiceError(
      'unreachable',
      `${this.#host.name} did not tell how a set-up command ended.`,
      'Continue the session: it is run again.',
      { context: { stderr: answer.stderr.slice(-2000) } },
    );
  }

  async furnished(session: string): Promise<void> {
    await this.#host.must('tree-furnished', session);
  }

  question(session: string): Promise<string> {
    return this.#host.must('question', session, ['read']);
  }

  async answered(session: string): Promise<void> {
    await this.#host.must('question', session, ['taken']);
  }

  async worked(session: string): Promise<boolean> {
    return (await this.#host.must('tree-worked', session)).trim() === 'worked';
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
