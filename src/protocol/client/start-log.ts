/** What an engine that did not come up left in its log: one JSON object per line, and whatever the runtime printed. */
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import { errorSchema } from '../schemas.ts';

const tailBytes = 8 * 1024;
const tailLines = 12;

/** The line with which an engine says why it did not start. */
const failureSchema = z.object({ pid: z.number(), failure: errorSchema });

/**
 * What the log tells of a start that failed. `failure` is undefined when the process ended without a word of its own.
 */
export interface StartLog {
  /** The last lines, at most 12. */
  readonly tail: string;
  /** What the process itself said. */
  readonly failure: CoppiceError | undefined;
}

/**
 * Reads what was logged from a byte offset on.
 *
 * @param pid the process whose failure is looked for
 */
export async function readStartLog(path: string, offset: number, pid: number | undefined): Promise<StartLog> {
  const lines = (await readFrom(path, offset)).split('\n').filter((line) => line !== '');
  const failures = lines.flatMap((line) => {
    const found = failureSchema.safeParse(parse(line));
    return found.success && found.data.pid === pid ? [found.data.failure] : [];
  });
  return { tail: lines.slice(-tailLines).join('\n'), failure: failures.map(toError).at(-1) };
}

function toError({ context, ...record }: z.infer<typeof errorSchema>): CoppiceError {
  return CoppiceError.fromRecord(context === undefined ? record : { ...record, context });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // printed by the runtime, not by the engine's log
  }
}

/** The file may have been cut to nothing by rotation since; then all of it is read. */
async function readFrom(path: string, offset: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(size < offset ? 0 : offset, size - tailBytes);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
