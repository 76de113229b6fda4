/** Who is told, and by which way: in the window, and by the desktop when the window is in the background. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Emitter } from '../../../src/extension/lifecycle/emitter.ts';
import { Attention } from '../../../src/extension/notifications/attention.ts';
import { Announcer, type Kind, type Ways } from '../../../src/extension/notifications/announcer.ts';
import { desktopCommand, tellDesktop } from '../../../src/extension/notifications/desktop.ts';
import { needsOf, type Changes, type Entry, type Need } from '../../../src/extension/sessions/entry.ts';
import type { SessionDetail } from '../../../src/protocol/schemas.ts';
import { breakpoint, changesBetween, detail, entries, keptLog } from './given.ts';

/** Resolves after whatever was to be announced by now: timers end in the order of their times. */
async function announced(): Promise<void> {
  await new Promise((next) => setTimeout(next, 30));
}

/** A window whose sessions change at will, and a person who writes down by which way they were told. */
class Told {
  readonly attention = new Attention();
  readonly log = keptLog();
  readonly told: string[] = [];
  readonly silenced: Kind[] = [];
  wish: 'unseen' | 'always' | 'never' = 'unseen';
  /** The button that is pressed; undefined: none. */
  presses: string | undefined;
  isHere = true;
  readonly #changes = new Emitter<Changes>((error) => assert.fail(String(error)));
  #entries: ReadonlyMap<string, Entry> = entries(detail('a'));
  #needs: readonly Need[] = [];

  begin(): Announcer {
    const needs = (): readonly Need[] => this.#needs;
    const sessions = {
      onChange: this.#changes.event,
      get needs() {
        return needs();
      },
    };
    const ways: Ways = {
      wish: () => this.wish,
      silence: async (kind) => void this.silenced.push(kind),
      show: async ({ text, severity }) => {
        this.told.push(`${severity}: ${text}`);
        return this.presses;
      },
      desktop: this.isHere ? async (text) => void this.told.push(`desktop: ${text}`) : undefined,
      follow: async ({ need, session }) => void this.told.push(`open ${need?.breakpoint.id ?? session?.id ?? 'needs'}`),
    };
    return new Announcer(
      { attention: this.attention, log: this.log, all: { knowledge: 'current' }, sessions },
      ways,
      1,
    );
  }

  /** The session is as given from here on. */
  become(after: SessionDetail): void {
    const known = entries(after);
    const changes = changesBetween(this.#entries, known);
    this.#entries = known;
    this.#needs = needsOf(known.values());
    this.#changes.fire(changes);
  }

  /** What was told, when as much as is expected was, and whatever came with it. */
  async all(count: number): Promise<readonly string[]> {
    const end = performance.now() + 50_000;
    while (this.told.length < count && performance.now() < end) await new Promise((next) => setTimeout(next, 2));
    return this.told;
  }
}

describe('an announcement', function () {
  this.timeout(60_000);
  let person: Told;
  let announcer: Announcer;
  const asks = detail('a', { status: 'needs-you', needs: [breakpoint('b')] });
  const question = 'Title of a needs you: Do b';
  const begin = (change: (person: Told) => void = () => undefined): void => {
    person = new Told();
    change(person);
    announcer = person.begin();
  };
  afterEach(() => announcer.dispose());

  /** What is told first: by an end, which comes after whatever was to be told before it. */
  async function untilTheEnd(): Promise<readonly string[]> {
    person.wish = 'always';
    person.attention.focus(true);
    person.become(detail('a', { status: 'failed' }));
    return person.all(1);
  }

  it('goes through the desktop, too, when the window is in the background', async () => {
    begin(({ attention }) => {
      attention.see('needs', true);
      attention.focus(false);
    });
    person.become(asks);
    assert.deepEqual(await person.all(2), [`desktop: ${question}`, `warning: ${question}`]);
  });

  it('is in the window alone when that has the focus, or the desktop is another machine’s', async () => {
    begin();
    person.become(asks);
    assert.deepEqual(await person.all(1), [`warning: ${question}`]);
    announcer.dispose();
    begin((each) => {
      each.isHere = false;
      each.attention.focus(false);
    });
    person.become(asks);
    assert.deepEqual(await person.all(1), [`warning: ${question}`]);
  });

  it('is not made of what is looked at, nor where it is not wanted, not even by the desktop', async () => {
    begin(({ attention }) => attention.see('needs', true));
    person.become(asks);
    await announced();
    assert.deepEqual(await untilTheEnd(), ['warning: Title of a: failed']);
    announcer.dispose();
    begin((each) => {
      each.wish = 'never';
      each.attention.focus(false);
    });
    person.become(asks);
    await announced();
    assert.deepEqual(await untilTheEnd(), ['warning: Title of a: failed']);
  });

  it('leads to what it is about, or is the last of its kind', async () => {
    begin((each) => (each.presses = 'Answer…'));
    person.become(asks);
    assert.deepEqual(await person.all(2), [`warning: ${question}`, 'open b']);
    announcer.dispose();
    begin((each) => (each.presses = 'Don’t Show Again'));
    person.become(detail('a', { status: 'reported' }));
    assert.deepEqual(await person.all(1), ['info: Title of a: reported done']);
    await announced();
    assert.deepEqual(person.silenced, ['ended']);
  });

  it('reaches the program of the desktop with what was said as one argument', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'coppice-desktop-'));
    try {
      const [program, said] = [join(folder, 'notify-send'), join(folder, 'said')];
      await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > "$0.told"\nmv "$0.told" '${said}'\n`);
      await chmod(program, 0o700);
      begin();
      const command = desktopCommand(`${question} "; touch /tmp/x`, 'linux');
      assert.equal(command?.program, 'notify-send');
      await tellDesktop({ ...command, program }, person.log);
      assert.equal(await readFile(said, 'utf8'), `3\n--app-name=Coppice\n--\n${question} "; touch /tmp/x\n`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
