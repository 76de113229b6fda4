/** The mirror of the landings that are under way. */
import assert from 'node:assert/strict';
import type { LandingView } from '../../../src/protocol/landing.ts';
import type { Records } from '../../../src/protocol/client/reconnecting.ts';
import type { EngineLink, LinkState } from '../../../src/extension/engine/link.ts';
import { mirrorLandings, type LandingLine } from '../../../src/extension/landings/line.ts';
import { Emitter } from '../../../src/extension/lifecycle/emitter.ts';
import { keptLog, landing } from './given.ts';

describe('the line of landings', function () {
  this.timeout(60_000);
  const fail = (error: unknown): never => assert.fail(String(error));
  const engine = { pid: 1, version: '1.0.0', protocol: { major: 1, minor: 1 } };
  let line: LandingLine & { dispose(): void };
  let landings: LandingView[];
  let state: LinkState;
  let states: Emitter<LinkState>;
  let records: Emitter<Records>;
  let asked: number;
  /** Holds up the answers of the engine. */
  let answer: Promise<void>;

  const become = (next: LinkState): void => {
    state = next;
    states.fire(state);
  };
  const record = (type: string): void =>
    records.fire([{ seq: 1, at: 0, type, v: 1, actor: 'engine', data: {}, prev: '', hash: '' }]);
  /** Resolves after whatever was to be asked by now: timers end in the order of their times. */
  const quiet = async (): Promise<void> => {
    await new Promise((next) => setTimeout(next, 30));
  };
  const soon = async (holds: () => boolean): Promise<void> => {
    const end = performance.now() + 50_000;
    while (!holds() && performance.now() < end) await new Promise((next) => setTimeout(next, 2));
    assert.ok(holds());
  };

  beforeEach(() => {
    landings = [landing({ id: 'a' })];
    [state, asked, answer] = [{ status: 'idle' }, 0, Promise.resolve()];
    [states, records] = [new Emitter<LinkState>(fail), new Emitter<Records>(fail)];
    const link = {
      onState: states.event,
      onRecords: records.event,
      get state() {
        return state;
      },
      request: (async () => {
        asked += 1;
        const found = [...landings];
        await answer;
        return { landings: found };
      }) as unknown as EngineLink['request'],
    };
    line = mirrorLandings(link, keptLog(), 1);
  });
  afterEach(() => line.dispose());

  it('is empty, and asks nothing, before there is an engine; then it is as the engine says', async () => {
    assert.deepEqual(line.landings, []);
    become({ status: 'connecting' });
    await quiet();
    assert.equal(asked, 0);
    become({ status: 'connected', engine });
    await soon(() => line.landings.length === 1);
  });

  it('follows what is on record about landings, and nothing else, and tells only what is different', async () => {
    let told = 0;
    line.onChange(() => (told += 1));
    become({ status: 'connected', engine });
    await soon(() => told === 1);
    const before = asked;
    record('files.changed');
    await quiet();
    assert.equal(asked, before);
    record('landing.tested');
    await soon(() => asked === before + 1);
    await quiet();
    assert.deepEqual([asked, told], [before + 1, 1]);
    landings = [landing({ id: 'a', title: 'Another title' })];
    record('session.renamed');
    await soon(() => told === 2);
    assert.equal(line.landings[0]?.title, 'Another title');
    landings = [];
    record('landing.landed');
    await soon(() => told === 3);
    assert.deepEqual(line.landings, []);
  });

  it('asks again for what came while it was being answered', async () => {
    let go: () => void = () => undefined;
    answer = new Promise((resolve) => (go = resolve));
    become({ status: 'connected', engine });
    await soon(() => asked === 1);
    landings = [landing({ id: 'a' }), landing({ id: 'b' })];
    record('landing.requested');
    await new Promise((next) => setTimeout(next, 10));
    go();
    await soon(() => line.landings.length === 2);
  });
});
