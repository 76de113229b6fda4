import assert from 'node:assert/strict';
import { runCli } from '../../../src/cli/cli.ts';
import { modelHandlers } from '../../../src/engine/handlers/models.ts';
import { resolveSettings } from '../../../src/core/settings/settings.ts';
import { offerFor, offerNamed } from '../../../src/core/supervision/offer.ts';
import { until } from '../../support/engine/waiting.ts';
import { OllamaDouble } from '../../support/ollama/index.ts';
import { FakeEngine } from './fake-engine.ts';
import { coppice, FakeShell } from './fake-shell.ts';

const layers = [
  { status: 'pulling manifest' },
  { status: 'pulling a', digest: 'a', total: 4_000_000_000, completed: 1_000_000_000 },
  { status: 'pulling b', digest: 'b', total: 700_000_000, completed: 700_000_000 },
  { status: 'success' },
];

describe('fetching a model', function () {
  this.timeout(60_000);
  let server: OllamaDouble;
  let set: { readonly 'supervision.model'?: string; readonly 'supervision.endpoint'?: string };
  let engine: FakeEngine;
  before(async () => (server = await OllamaDouble.start()));
  beforeEach(() => {
    server.reset();
    set = {};
    server.models = [];
    server.pull = layers;
    const usual = resolveSettings([], { home: '/h', userHome: '/u', agents: [] }).settings;
    const settings = () => Promise.resolve({ ...usual, 'supervision.endpoint': server.base, ...set });
    const handlers = modelHandlers({ settings }, new AbortController().signal);
    const client = {
      ...{ id: 'c', name: 'cli', version: '1', pid: 1, actor: 'user:cli' as const },
      notify: async (...said: Parameters<FakeEngine['notify']>) => {
        engine.notify(...said);
        return Promise.resolve();
      },
      call: () => Promise.reject(new Error('nothing is asked')),
      onClose: () => () => undefined,
    };
    engine = new FakeEngine({
      'model/show': (params) => handlers['model/show'](params, client),
      'model/pull': (params) => handlers['model/pull'](params, client),
      'model/stop-pulling': (params) => handlers['model/stop-pulling'](params, client),
    });
  });
  after(async () => server.stop());
  const pulled = (): readonly unknown[] =>
    server.asked.filter(({ path }) => path === '/api/pull').map(({ body }) => body['model']);

  it('names its size first, and fetches nothing without a yes', async () => {
    const no = await coppice(engine, ['model', 'pull', 'qwen2.5-coder:7b'], { types: ['n'] });
    assert.equal(no.exit, 3);
    assert.match(
      no.shell.keyboard?.questions[0] ?? '',
      /^Fetch qwen2\.5-coder:7b \(4\.7 GB\) to the model server at http:/u,
    );
    const alone = await coppice(engine, ['model', 'pull']);
    assert.equal(alone.exit, 2);
    assert.match(alone.stderr, /[GM]B[^]*--yes/u);
    assert.deepEqual(pulled(), []);
    const yes = await coppice(engine, ['model', 'pull', 'qwen2.5-coder:7b'], { types: ['y'] });
    assert.equal(yes.exit, 0);
    assert.match(yes.stdout, /qwen2\.5-coder:7b is there\./u);
    assert.deepEqual(pulled(), ['qwen2.5-coder:7b']);
  });

  it('fetches by default what fits the machine, and says so where nothing is installed', async () => {
    const shown = await coppice(engine, ['model']);
    assert.match(shown.stdout, /No model is installed\.[^]*`coppice model pull` fetches qwen/u);
    assert.equal((await coppice(engine, ['model', 'pull', '--yes'])).exit, 0);
    assert.deepEqual(
      pulled().map((name) => offerNamed(String(name)).bytes !== undefined),
      [true],
    );
  });

  it('fetches the model that is set, since no other one would review', async () => {
    set = { 'supervision.model': 'team/reviewer:3b' };
    const shown = await coppice(engine, ['model']);
    assert.match(shown.stdout, /team\/reviewer:3b is not installed\.[^]*fetches team\/reviewer:3b \(its size is told/u);
    assert.equal((await coppice(engine, ['model', 'pull', '--yes'])).exit, 0);
    assert.deepEqual(pulled(), ['team/reviewer:3b']);
  });

  it('asks nothing where the server does not answer, and says what to do', async () => {
    set = { 'supervision.endpoint': 'http://127.0.0.1:1' };
    const { exit, stderr, shell } = await coppice(engine, ['model', 'pull'], { types: ['y'] });
    assert.notEqual(exit, 0);
    assert.deepEqual(shell.keyboard?.questions, []);
    assert.match(stderr, /http:\/\/127\.0\.0\.1:1 cannot be reached[^]*supervision\.endpoint/u);
    assert.deepEqual(pulled(), []);
  });

  it('is stopped by Ctrl-C, also at the server', async () => {
    server.pull = layers.slice(0, -1);
    server.pullHangs = true;
    const shell = new FakeShell(engine, { types: ['y'] });
    const ran = runCli(['model', 'pull', 'a/b:c'], shell);
    await until(
      () => (pulled().length > 0 && shell.minded ? true : undefined),
      () => 'the pull to begin',
    );
    shell.pressCtrlC();
    assert.notEqual(await ran, 0);
    assert.match(shell.stderr.text, /It was stopped\./u);
    await until(
      () => (server.cancelled > 0 ? true : undefined),
      () => 'the server to hear of it',
    );
    assert.equal(shell.minded, false);
    assert.match(shell.keyboard?.questions[0] ?? '', /its size is told when it begins/u);
  });

  it('says that what was fetched is kept when a server ends before it is done', async () => {
    server.pull = layers.slice(0, -1);
    const ended = await coppice(engine, ['model', 'pull', 'a/b:c', '--yes']);
    assert.match(ended.stderr, /it ended before it was done[^]*Ask for it again; what was fetched is kept\./u);
    assert.doesNotMatch(ended.stderr, /next turn/u);
  });

  it('says what the server says when there is no such model, and takes no name that is none', async () => {
    server.pull = [{ status: 'pulling manifest' }, { error: 'pull model manifest: file does not exist' }];
    const missing = await coppice(engine, ['model', 'pull', 'nothing', '--yes']);
    assert.match(missing.stderr, /file does not exist[^]*Check the name/u);
    const odd = await coppice(engine, ['model', 'pull', '-x y', '--yes']).catch(() => undefined);
    assert.notEqual(odd?.exit, 0);
    assert.deepEqual(pulled(), ['nothing']);
  });

  it('offers what fits the memory of the machine', () => {
    const names = [4e9, 16e9, 64e9].map((memory) => offerFor(memory));
    assert.deepEqual(
      names.map(({ bytes }) => bytes / 1e9),
      [0.986, 4.7, 19],
    );
    assert.deepEqual(offerNamed('another:1b'), { name: 'another:1b' });
  });
});
