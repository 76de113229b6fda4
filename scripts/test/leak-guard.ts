/**
 * Mocha plugin: a test process must end by itself once its tests have (mocha is never run with --exit). When it is still
 * there after ten seconds, what holds it open is listed and it fails. `COPPICE_TRACE_HANDLES=1` adds where each was made.
 */
import { createHook } from 'node:async_hooks';
import { tell } from './report.ts';

const patienceMs = 10_000;
const origins = new Map<number, { type: string; stack: string }>();

if (process.env['COPPICE_TRACE_HANDLES'] === '1') {
  createHook({
    init(id, type) {
      if (type !== 'PROMISE' && type !== 'TickObject') origins.set(id, { type, stack: stackHere() });
    },
    destroy(id) {
      origins.delete(id);
    },
  }).enable();
}

/** Called by mocha when the last test has ended. */
export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    const by = holders();
    tell({ kind: 'held-open', by });
    process.stderr.write(
      `\n${patienceMs / 1000} s after the last test this process is held open by:\n${by.map((line) => `  ${line}\n`).join('')}` +
        `Run it again with COPPICE_TRACE_HANDLES=1 to see where each was made.\n`,
    );
    process.once('exit', () => (process.exitCode = 1)); // after mocha's own listener, which sets the number of failures
    process.exit();
  }, patienceMs).unref();
}

/** Kinds of resources that keep the event loop alive, with what is known of each. */
function holders(): string[] {
  const own = new Set<unknown>([process.stdin, process.stdout, process.stderr]);
  const kinds = process.getActiveResourcesInfo().filter((kind) => kind !== 'TTYWrap');
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  const details = handles.filter((handle) => !own.has(handle)).map(describe);
  const traced = [...origins.values()]
    .filter(({ type, stack }) => kinds.includes(type) && !stack.includes(import.meta.url))
    .map(({ type, stack }) => `${type} made at\n${stack}`);
  return [`kinds: ${kinds.join(', ')}`, ...details, ...traced];
}

function describe(handle: unknown): string {
  if (typeof handle !== 'object' || handle === null) return String(handle);
  const known = handle as {
    pid?: unknown;
    spawnargs?: unknown;
    path?: unknown;
    remotePort?: unknown;
    address?: unknown;
  };
  const facts = [
    typeof known.pid === 'number' && `pid ${known.pid}`,
    Array.isArray(known.spawnargs) && known.spawnargs.join(' ').slice(0, 200),
    typeof known.path === 'string' && known.path,
    typeof known.remotePort === 'number' && `to port ${known.remotePort}`,
    typeof known.address === 'function' && `at ${JSON.stringify((known.address as () => unknown).call(handle))}`,
  ];
  return [handle.constructor.name, ...facts.filter((fact) => fact !== false)].join(' ');
}

function stackHere(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(3);
  return lines.filter((line) => !line.includes('node:internal') && !line.includes('node_modules')).join('\n');
}
