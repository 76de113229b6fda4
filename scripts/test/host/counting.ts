/** Counts what runs of the extension's program in this process, by V8's own counters. An extension host is killed, so it writes nothing at its end. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector/promises';
import { dirname } from 'node:path';

/** What V8 counted of one load of the program; offsets are those of the file. */
export type Counted = Pick<Profiler.ScriptCoverage, 'functions'>;

/** Counts from here on; the result ends it and writes each load of the program that ran into `path`. */
export async function countExtension(path: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    session.disconnect();
    const counted: Counted[] = result
      .filter(({ url }) => url.endsWith('/dist/extension.cjs'))
      .map(({ functions }) => ({ functions }));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(counted));
  };
}
