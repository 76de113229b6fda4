import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { eachMapping, TraceMap, type EncodedSourceMap } from '@jridgewell/trace-mapping';
import type { Counted } from './host/counting.ts';

/**
 * The lines of sources of which some part was run as a part of a bundle. What the bundler dropped, or moved without a trace, has no
 * place in the bundle and so counts as not run: the figure errs on the low side.
 *
 * @param bundle path of the bundle; its source map is beside it
 * @param counted what V8 counted of each load of it
 * @returns numbers of lines, from 1, by the absolute path of the source
 */
export function mappedLines(bundle: string, counted: readonly Counted[]): ReadonlyMap<string, ReadonlySet<number>> {
  const text = readFileSync(bundle, 'utf8');
  const map = new TraceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')) as EncodedSourceMap);
  const starts = lineStarts(text);
  const runs = counted.map(({ functions }) => runsByOffset(functions, text.length));
  const lines = new Map<string, Set<number>>();
  eachMapping(map, ({ source, originalLine, generatedLine, generatedColumn }) => {
    if (source === null) return;
    const offset = (starts[generatedLine - 1] ?? 0) + generatedColumn;
    if (!runs.some((each) => (each[offset] ?? 0) > 0)) return;
    const path = resolve(dirname(bundle), source);
    const found = lines.get(path) ?? new Set<number>();
    lines.set(path, found.add(originalLine));
  });
  return lines;
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/gu)].map(({ index }) => index + 1)];
}

/** How often each character was run: the innermost range around it tells. */
function runsByOffset(functions: Counted['functions'], length: number): Int32Array {
  const runs = new Int32Array(length);
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) runs.fill(count, startOffset, endOffset);
  return runs;
}
