import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentEvent, AgentRequest, Answer } from '../../../src/core/agent/events.ts';
import { Conversation } from '../../../src/agents/demo/program/conversation.ts';
import { linesOf, messageOf } from '../../../src/agents/line-protocol/input.ts';
import { MemoryFile } from '../../../src/agents/demo/program/memory.ts';
import { stepsOf, subjectOf } from '../../../src/agents/demo/program/words.ts';
import { encode } from '../../../src/agents/line-protocol/encode.ts';
import { LineProtocolReader } from '../../../src/agents/line-protocol/reader.ts';

type Ended = Extract<AgentEvent, { kind: 'turn-ended' }>;

describe('the demo agent', () => {
  let folder: string;
  let root: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
    root = join(folder, 'repository');
    mkdirSync(root);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const text = (path: string): string => readFileSync(join(root, path), 'utf8');

  /** A conversation whose output is read by the reader that the engine uses. */
  class Talk {
    readonly events: AgentEvent[] = [];
    readonly #reader = new LineProtocolReader({ once: false });
    readonly #conversation: Conversation;
    #prompts = 0;

    constructor(memory: MemoryFile) {
      const say = (message: object): void => {
        this.events.push(...this.#reader.line(JSON.stringify(message), { offset: 0 }));
      };
      this.#conversation = new Conversation({ root, memory, say });
    }

    static async open(session = 's', mustExist = false): Promise<Talk> {
      const memory = await MemoryFile.open(join(folder, 'state'), session, mustExist);
      assert.ok(memory);
      return new Talk(memory);
    }

    prompt(words: string, steer = false, id = `p${(this.#prompts += 1)}`): void {
      this.#write(encode({ kind: 'prompt', id, text: words, steer }));
    }

    interrupt(): void {
      this.#write(encode({ kind: 'interrupt', id: 'i' }));
    }

    answer(request: AgentRequest, answer: Answer): void {
      this.#write(encode({ kind: 'answer', request, answer }));
    }

    /** The next request, or the end of a turn, that was not handed out yet. */
    async next(): Promise<AgentEvent> {
      for (let waited = 0; waited < 5000; waited += 5) {
        const found = this.events.findIndex(({ kind }) => kind === 'asked' || kind === 'turn-ended');
        if (found >= 0) {
          const [event] = this.events.splice(0, found + 1).slice(-1);
          if (event !== undefined) return event;
        }
        await pause(5);
      }
      assert.fail(`nothing happened after ${JSON.stringify(this.events)}`);
    }

    async asked(): Promise<AgentRequest> {
      const event = await this.next();
      assert.equal(event.kind, 'asked', JSON.stringify(event));
      return event.request;
    }

    async ended(): Promise<Ended> {
      const event = await this.next();
      assert.equal(event.kind, 'turn-ended', JSON.stringify(event));
      return event;
    }

    async done(): Promise<void> {
      await this.#conversation.done();
    }

    #write(line: string): void {
      const message = messageOf(line);
      assert.ok(message);
      this.#conversation.take(message);
    }
  }

  it('without words adds a line to the notes, once', async () => {
    const talk = await Talk.open();
    talk.prompt('Make it faster\nplease');
    const first = await talk.ended();
    assert.deepEqual([first.outcome, first.text], ['success', 'Turn 1: I changed NOTES.md.']);
    assert.equal(text('NOTES.md'), '# Notes of the demo agent\n\n- Make it faster\n');
    talk.prompt('Make it faster');
    assert.equal((await talk.ended()).text, 'Turn 2: nothing had to be changed.');
    assert.equal(text('NOTES.md'), '# Notes of the demo agent\n\n- Make it faster\n');
  });

  it('writes where it is told, in order, and keeps what was there', async () => {
    writeFileSync(join(root, 'a.txt'), 'no newline at the end');
    const talk = await Talk.open();
    talk.prompt('#write:a.txt then #write:deep/er/b.md do it');
    assert.equal((await talk.ended()).text, 'Turn 1: I changed a.txt, deep/er/b.md.');
    assert.equal(text('a.txt'), 'no newline at the end\n- then do it\n');
    assert.equal(text('deep/er/b.md'), '# Notes of the demo agent\n\n- then do it\n');
  });

  it('does not leave its working directory', async () => {
    mkdirSync(join(folder, 'outside'));
    mkdirSync(join(root, '.git'));
    symlinkSync(join(folder, 'outside'), join(root, 'link'));
    symlinkSync(join(folder, 'outside', 'target'), join(root, 'file-link'));
    writeFileSync(join(root, 'file'), '');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const talk = await Talk.open();
    for (const path of [
      '../x',
      '/etc/x',
      'a/../../x',
      'link/x',
      'link/new/x',
      'file-link',
      '.git/config',
      '.GIT/x',
      '.',
      'file/x',
      'pipe',
      'a\0b',
    ]) {
      talk.prompt(`#write:${path}`);
      const end = await talk.ended();
      assert.equal(end.outcome, 'failed', path);
    }
    assert.ok(!existsSync(join(folder, 'x')) && !existsSync(join(folder, 'outside', 'x')));
    assert.ok(!existsSync(join(folder, 'outside', 'target')) && !existsSync(join(root, '.git', 'config')));
    assert.ok(lstatSync(join(root, 'pipe')).isFIFO());
  });

  it('asks, and does what it is allowed: as asked, or with another input', async () => {
    const talk = await Talk.open();
    talk.prompt('#ask:a.txt hello');
    const request = await talk.asked();
    assert.deepEqual([request.kind, request.tool, request.title], ['permission', 'Edit', 'Edit a.txt']);
    await pause(20);
    assert.ok(!existsSync(join(root, 'a.txt')));
    talk.answer(request, { choice: 'allow' });
    assert.equal((await talk.ended()).outcome, 'success');
    assert.match(text('a.txt'), /- hello \(with permission\)\n$/);
    talk.prompt('#ask:a.txt again');
    talk.answer(await talk.asked(), { choice: 'allow', input: { path: 'b.txt', line: 'rewritten' } });
    assert.equal((await talk.ended()).text, 'Turn 2: I changed b.txt.');
    assert.match(text('b.txt'), /\nrewritten\n$/);
  });

  it('writes a file anew with the text that it is given instead of its own', async () => {
    const talk = await Talk.open();
    writeFileSync(join(root, 'a.txt'), 'a longer text that was there before\n'.repeat(3));
    talk.prompt('#rewrite:a.txt hello');
    const request = await talk.asked();
    assert.deepEqual([request.tool, request.input?.['file_path']], ['Write', 'a.txt']);
    talk.answer(request, { choice: 'allow', input: { ...request.input, content: 'mine\n' } });
    assert.equal((await talk.ended()).text, 'Turn 1: I changed a.txt.');
    assert.equal(text('a.txt'), 'mine\n');
  });

  it('says that it was refused, and goes on', async () => {
    const talk = await Talk.open();
    talk.prompt('#ask:a.txt #write:b.txt');
    talk.answer(await talk.asked(), { choice: 'deny', reason: 'not today' });
    const end = await talk.ended();
    assert.deepEqual([end.outcome, end.denials, end.text], ['success', 1, 'Turn 1: I changed b.txt.']);
    assert.ok(!existsSync(join(root, 'a.txt')) && existsSync(join(root, 'b.txt')));
  });

  it('stops when the answer says so, and does not take a permission from a rewritten path', async () => {
    const talk = await Talk.open();
    talk.prompt('#ask #write:b.txt');
    talk.answer(await talk.asked(), { choice: 'abort' });
    assert.equal((await talk.ended()).outcome, 'interrupted');
    talk.prompt('#ask');
    talk.answer(await talk.asked(), { choice: 'allow', input: { path: '../evil' } });
    assert.equal((await talk.ended()).outcome, 'failed');
    assert.ok(!existsSync(join(root, 'b.txt')) && !existsSync(join(folder, 'evil')));
  });

  it('asks a question, and takes the answer once', async () => {
    const talk = await Talk.open();
    talk.prompt('#question #ask');
    const request = await talk.asked();
    assert.equal(request.questions?.[0]?.options.length, 2);
    const answer = { choice: 'answer', answers: { [request.title]: 'The blue one' } } as const;
    talk.answer(request, answer);
    talk.answer(request, answer);
    const [seen, notice] = talk.events.splice(0);
    assert.deepEqual([seen?.kind, notice?.kind], ['answer-seen', 'notice']);
    const permission = await talk.asked();
    talk.answer(permission, { choice: 'deny' });
    assert.equal((await talk.ended()).outcome, 'success');
  });

  it('fails as told: each time in another way, or always in the same', async () => {
    const talk = await Talk.open();
    const ends: Ended[] = [];
    for (const words of ['#fail', '#fail', '#repeat-error', '#repeat-error']) {
      talk.prompt(words);
      ends.push(await talk.ended());
    }
    assert.deepEqual(
      ends.map(({ outcome }) => outcome),
      ['failed', 'failed', 'failed', 'failed'],
    );
    assert.notEqual(ends[0]?.text, ends[1]?.text);
    assert.deepEqual({ ...ends[2], position: '4' }, ends[3]);
  });

  it('streams words slowly', async () => {
    const talk = await Talk.open();
    const begun = performance.now();
    talk.prompt('#slow:0.5');
    assert.equal((await talk.ended()).outcome, 'success');
    assert.ok(performance.now() - begun > 450);
  });

  it('hangs until it is interrupted, and then takes the next prompt', async () => {
    const talk = await Talk.open();
    talk.prompt('#hang');
    talk.prompt('#write:a.txt');
    await pause(50);
    assert.ok(!talk.events.some(({ kind }) => kind === 'turn-ended'));
    talk.interrupt();
    const end = await talk.ended();
    assert.deepEqual([end.outcome, end.reason], ['interrupted', 'interrupted']);
    assert.equal((await talk.ended()).outcome, 'success');
    assert.ok(existsSync(join(root, 'a.txt')));
  });

  it('withdraws its question when it is interrupted, and takes no late answer', async () => {
    const talk = await Talk.open();
    talk.prompt('#ask:a.txt');
    const request = await talk.asked();
    talk.interrupt();
    assert.equal((await talk.ended()).outcome, 'interrupted');
    talk.answer(request, { choice: 'allow' });
    await talk.done();
    assert.ok(!existsSync(join(root, 'a.txt')));
    assert.deepEqual(
      talk.events.map(({ kind }) => kind),
      ['notice'],
    );
  });

  it('is steered: the turn under way ends, the other prompt is next', async () => {
    const talk = await Talk.open();
    talk.prompt('#slow:60 #write:a.txt');
    talk.prompt('#write:c.txt');
    await pause(30);
    talk.prompt('#write:b.txt', true);
    const ends = [await talk.ended(), await talk.ended(), await talk.ended()];
    assert.deepEqual(
      ends.map(({ outcome, reason, text: words }) => [outcome, words ?? reason]),
      [
        ['interrupted', 'superseded'],
        ['success', 'Turn 2: I changed b.txt.'],
        ['success', 'Turn 3: I changed c.txt.'],
      ],
    );
    assert.ok(!existsSync(join(root, 'a.txt')));
  });

  it('remembers its conversation, and does not run a prompt twice', async () => {
    const first = await Talk.open('conversation');
    first.prompt('#write:a.txt', false, 'one');
    await first.ended();
    const second = await Talk.open('conversation', true);
    second.prompt('#write:a.txt #write:b.txt', false, 'one');
    const again = await second.ended();
    assert.deepEqual([again.outcome, again.reason], ['interrupted', 'had before']);
    assert.ok(!existsSync(join(root, 'b.txt')));
    second.prompt('#write:a.txt more', false, 'two');
    assert.equal((await second.ended()).text, 'Turn 2: I changed a.txt.');
    assert.equal(await MemoryFile.open(join(folder, 'state'), 'nobody', true), undefined);
  });

  it('goes on without a memory when it cannot write it, and says so', async () => {
    writeFileSync(join(folder, 'state'), 'a file in the way');
    const talk = await Talk.open();
    talk.prompt('#write:a.txt');
    await talk.done();
    assert.ok(talk.events.some((event) => event.kind === 'notice' && event.severity === 'warning'));
    assert.equal((await talk.ended()).outcome, 'success');
  });

  it('starts anew from a torn memory', async () => {
    mkdirSync(join(folder, 'state'));
    for (const torn of ['', '{"turns":1', '{"turns":"x","prompts":[]}', '[]']) {
      writeFileSync(join(folder, 'state', 'demo-s.json'), torn);
      assert.equal((await MemoryFile.open(join(folder, 'state'), 's', false))?.turns, 0);
    }
  });
});

describe('the words of a prompt for the demo agent', () => {
  it('are found only as words of their own, in order', () => {
    assert.deepEqual(stepsOf('#slow:1.5 x #ask\n#write:a#b.txt'), [
      { do: 'slow', seconds: 1.5 },
      { do: 'ask', path: 'NOTES.md' },
      { do: 'write', path: 'a#b.txt' },
    ]);
    for (const other of ['fix #12', 'a#fail', '#failure', '#writes', '#Fail', ''])
      assert.deepEqual(stepsOf(other), [{ do: 'note' }]);
  });

  it('take odd numbers for what is near', () => {
    const seconds = (word: string): unknown => stepsOf(word).map((step) => step.do === 'slow' && step.seconds)[0];
    assert.deepEqual(['#slow', '#slow:', '#slow:x', '#slow:-1', '#slow:1e9'].map(seconds), [5, 5, 5, 0, 86_400]);
  });

  it('leave the subject', () => {
    assert.equal(subjectOf('#write:a.txt\n  \n add   a #fail test '), 'add a test');
    assert.equal(subjectOf('#hang'), 'a prompt without words');
    assert.equal(subjectOf('👍'.repeat(200)).length, 200);
  });
});

describe('the input of the demo agent', () => {
  it('is cut into lines wherever the chunks end', async () => {
    const bytes = Buffer.from('{"a":"ü👍"}\n\nlast\nnever ended');
    for (let size = 1; size < 8; size += 1) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const lines: string[] = [];
      for await (const line of linesOf(asyncOf(chunks))) lines.push(line);
      assert.deepEqual(lines, ['{"a":"ü👍"}', '', 'last']);
    }
  });
});

async function* asyncOf<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}
