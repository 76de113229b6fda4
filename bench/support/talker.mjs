/** An agent that talks: so many lines of the line protocol a second for so many seconds, half of them tool calls. */
import { setTimeout as delay } from 'node:timers/promises';

const [perSecond = 20, seconds = 60] = process.argv.slice(2).map(Number);
/** @param {object} message */
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const begun = performance.now();
for (let n = 0; n < perSecond * seconds; n++) {
  const id = `t${Math.floor(n / 4)}`;
  if (n % 4 === 0) say({ type: 'tool', id, name: 'Bash', input: { command: `npm test -- --grep ${n}` } });
  else if (n % 4 === 1) say({ type: 'tool-end', id, ok: true, output: `line of output ${n}\n`.repeat(40) });
  else say({ type: 'message', text: `Step ${n}: I look at the **next** file, \`src/a${n}.ts\`.` });
  await delay(Math.max(0, begun + ((n + 1) * 1000) / perSecond - performance.now()));
}
say({ type: 'result', outcome: 'success', text: 'I have talked.' });
