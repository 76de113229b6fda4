/** What the stream monitor adds to an event of an agent: per command of the labelled lists, and per event that is no tool. */
import { Activity } from '../src/engine/sessions/activity.ts';
import { StreamMonitor } from '../src/engine/sessions/stream-monitor.ts';
import { dangerous, harmless, place } from '../test/unit/supervision/monitor/commands.ts';
import { secondList } from '../test/unit/supervision/monitor/second-list.ts';
import { median, percentile, row } from './support/figures.ts';

const rounds = 20;
const commands = [...harmless, ...Object.values(dangerous).flat(), ...secondList.map(([, command]) => command)];
const monitor = new StreamMonitor(place, new Activity());

function look(command: string, id: number): number {
  const began = performance.now();
  monitor.look({ kind: 'tool-started', id: `t${id}`, name: 'Bash', input: { command } });
  return (performance.now() - began) * 1000;
}

function microseconds(value: number): string {
  return `${value.toFixed(1)} µs`;
}

for (const command of commands) look(command, 0);
const times = Array.from({ length: rounds }, (_, round) => commands.map((command) => look(command, round))).flat();
row('monitor, a shell command, p50', microseconds(median(times)), `${commands.length} commands × ${rounds}`);
row('monitor, a shell command, p95', microseconds(percentile(times, 0.95)));
row('monitor, a shell command, longest', microseconds(Math.max(...times)));

const long = `cat > a.ts <<'EOF'\n${'export const a = 1;\n'.repeat(5000)}EOF\nnpm test`;
const longs = Array.from({ length: 50 }, (_, round) => look(long, round));
row('monitor, a heredoc of 95 kB, p50', microseconds(median(longs)));

const events = 1_000_000;
const began = performance.now();
for (let i = 0; i < events; i += 1) monitor.look({ kind: 'message', text: 'hello' });
row('monitor, an event that is no tool', microseconds(((performance.now() - began) * 1000) / events));
