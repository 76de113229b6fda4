/** Loaded into an engine: writes its longest event-loop delay and its memory to a file, from second to second. */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['ENGINE_PROBE_FILE'];
if (file !== undefined && process.argv[1]?.endsWith('engine.js') === true) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('SIGUSR2', () => delay.reset());
  setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    const ms = (/** @type {number} */ ns) => ns / 1e6;
    const cpu = process.cpuUsage();
    const facts = { pid: process.pid, max: ms(delay.max), p99: ms(delay.percentile(99)), rss, heapUsed, cpu };
    writeFileSync(`${file}.next`, JSON.stringify(facts));
    renameSync(`${file}.next`, file);
  }, 1_000).unref();
}
