#!/usr/bin/env node
/**
 * A scripted agent for pictures and measurements: it takes the place of the demo agent (`agents.demo.command`), speaks the same
 * line protocol, and really reads, edits and tests the sample project that it is in. Which script it follows is decided by
 * words of the prompt. Plain JavaScript without packages.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);

/** @typedef {Record<string, unknown>} Fields */

/** @type {Map<string, (answer: Fields) => void>} */
const asked = new Map();
let ids = 0;
let turn = new AbortController();

/** @param {Fields} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @param {string} text */
async function tell(text) {
  say({ type: 'message', text });
  await delay(30, undefined, { signal: turn.signal });
}

/** @param {string} text */
function think(text) {
  say({ type: 'message', text, thinking: true });
}

/** Does something as a tool does. @param {string} name @param {Fields} input @param {() => Promise<string>} work */
async function tool(name, input, work) {
  const id = `tool-${++ids}`;
  say({ type: 'tool', id, name, input });
  try {
    say({ type: 'tool-end', id, ok: true, output: await work() });
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    say({ type: 'tool-end', id, ok: false, output: `${stdout ?? ''}${stderr ?? ''}` || String(error) });
  }
}

/** @param {string} path */
function read(path) {
  return tool('Read', { file_path: path }, () => readFile(path, 'utf8'));
}

/** @param {string} path @param {string} before @param {string} after */
function edit(path, before, after) {
  return tool('Edit', { file_path: path, old_string: before, new_string: after }, async () => {
    const text = await readFile(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${path} does not hold what is to be replaced.`);
    await writeFile(path, text.replace(before, after));
    return 'The file was changed.';
  });
}

/** @param {string} path @param {string} text */
function write(path, text) {
  return tool('Write', { file_path: path, content: text }, async () => {
    await writeFile(path, text);
    return 'The file was written.';
  });
}

function test() {
  return tool('Bash', { command: 'node --test' }, async () => {
    const { stdout } = await run('node', ['--test', '--test-reporter=tap'], { signal: turn.signal, timeout: 60_000 });
    return stdout
      .split('\n')
      .filter((line) => /^(ok|not ok|# (tests|pass|fail))/.test(line))
      .join('\n');
  });
}

/** Asks a person. @param {Fields} request @returns {Promise<Fields>} */
function ask(request) {
  const id = `ask-${++ids}-${process.pid}`;
  say({ type: 'ask', id, ...request });
  return new Promise((resolve, reject) => {
    turn.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
    asked.set(id, (answer) => {
      say({ type: 'answered', id });
      resolve(answer);
    });
  });
}

/** @type {readonly { words: RegExp, play: () => Promise<string> }[]} */
const scripts = [
  {
    words: /springs and neaps/i,
    play: async () => {
      think(
        'The notes say that the harbour master has springs and neaps. The table has one mean per harbour, so each needs a range.',
      );
      await tell('I will look at how heights are kept before I change the table.');
      await read('NOTES.md');
      await read('src/harbours.js');
      await edit(
        'src/harbours.js',
        "'port-haven': { high: 4.1, low: 0.9, delay: 0 },",
        "'port-haven': { high: 4.1, low: 0.9, spring: 0.6, delay: 0 },",
      );
      await edit(
        'src/harbours.js',
        "'st-agnes': { high: 4.8, low: 0.6, delay: 25 },",
        "'st-agnes': { high: 4.8, low: 0.6, spring: 0.7, delay: 25 },",
      );
      await write(
        'src/moon.js',
        '/** How close a day is to spring tide: 1 at full and new moon, -1 at the quarters. @param {number} age days since new moon */\nexport function springness(age) {\n  return Math.cos((4 * Math.PI * age) / 29.53);\n}\n',
      );
      await test();
      return 'Heights follow the moon now:\n\n- `src/moon.js` tells how close a day is to **spring tide**\n- two harbours have a `spring` range in `src/harbours.js`; **Gull Rock has none yet**, because the notes give no figure for it\n\nAll tests pass.';
    },
  },
  {
    words: /list of harbours/i,
    play: async () => {
      await read('src/main.js');
      await edit(
        'src/main.js',
        "const name = process.argv[2] ?? 'port-haven';",
        "const name = process.argv[2] ?? 'port-haven';\nif (name === '--list') {\n  console.log(Object.keys(harbours).join('\\n'));\n  process.exit();\n}",
      );
      await test();
      return '`tidetable --list` prints the harbours, one a line.';
    },
  },
  {
    words: /from a file/i,
    play: async () => {
      await tell(
        'The table should be read from `harbours.csv`. A parser that is well kept is better than my own splitting at commas, which breaks at the first quoted name.',
      );
      await read('src/harbours.js');
      const { choice } = await ask({
        kind: 'permission',
        title: 'Run npm install csv-parse@6.1.0',
        tool: 'Bash',
        input: { command: 'npm install --save-exact csv-parse@6.1.0', description: 'Adds a parser of CSV files' },
      });
      return choice === 'allow'
        ? 'The parser is there; the table comes next.'
        : 'I will read the table as JSON, for which nothing has to be installed.';
    },
  },
  {
    words: /time zone/i,
    play: async () => {
      await read('src/format.js');
      const { choice } = await ask({
        kind: 'question',
        title: 'Which time should the table show?',
        questions: [
          {
            question: 'Which time should the table show?',
            header: 'Time',
            options: [
              { label: 'Local time of the harbour', description: 'What the harbour master writes on the board' },
              { label: 'UTC', description: 'The same for every harbour; what pilots use' },
            ],
            multiSelect: false,
          },
        ],
      });
      return `Understood (${String(choice)}).`;
    },
  },
  {
    words: /manual/i,
    play: async () => {
      await read('README.md');
      for (let page = 1; page <= 600; page++) {
        await tell(
          `Part ${page} of the manual: what the columns mean, and how far a prediction may be off at this harbour.`,
        );
        await delay(1500, undefined, { signal: turn.signal });
      }
      return 'The manual is written.';
    },
  },
  {
    words: /stream/i,
    play: async () => {
      for (let line = 1; line <= 60_000; line++)
        await tell(`Line ${line}: high water at ${line % 24}:${String(line % 60).padStart(2, '0')}.`);
      return 'Done.';
    },
  },
];

/** @param {{ id: string, text: string }} prompt */
async function follow({ id, text }) {
  turn = new AbortController();
  say({ type: 'prompt', id });
  const script = scripts.find(({ words }) => words.test(text));
  const usage = { inputTokens: 18_240, outputTokens: 1312 };
  const context = { tokens: 48_600, window: 200_000 };
  try {
    const last = script ? await script.play() : 'I know no script for this prompt.';
    await tell(last);
    say({ type: 'result', outcome: script ? 'success' : 'failed', text: last.split('\n')[0], usage, context });
  } catch {
    say({ type: 'result', outcome: 'interrupted', reason: 'interrupted', text: 'The turn was interrupted.' });
  }
}

const { values } = parseArgs({
  options: { session: { type: 'string' }, resume: { type: 'string' }, version: { type: 'boolean' } },
  allowPositionals: true,
});
if (values.version === true) process.stdout.write('coppice-demo 1.0.0\n');
else {
  say({ type: 'session', session: values.resume ?? values.session ?? 'sample', model: 'scripted', version: '1.0.0' });
  let working = Promise.resolve();
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (message.type === 'prompt') working = working.then(() => follow(message));
    else if (message.type === 'interrupt') {
      turn.abort();
      say({ type: 'interrupted', id: message.id });
    } else if (message.type === 'answer') asked.get(message.request)?.(message);
  }
  await working;
}
