import type { Severity } from './finding.ts';

/** What went wrong with a tool, by what it said. */
export interface ToolError {
  readonly kind: string;
  readonly severity: Severity;
}

/** The first that fits is it: what nobody but a person can mend stands before what an agent meets every day. */
const kinds: readonly (readonly [RegExp, string, Severity])[] = [
  [/\b(EACCES|EPERM)\b|permission denied|operation not permitted|access is denied/iu, 'permission denied', 'critical'],
  [/\bENOSPC\b|no space left on device|disk quota exceeded/iu, 'disk full', 'critical'],
  [/\bENOMEM\b|out of memory|cannot allocate memory|heap limit|\bOOM\b|Killed\s*$/iu, 'out of memory', 'critical'],
  [/read-only file system|\bEROFS\b/iu, 'read-only file system', 'critical'],
  [
    /authentication failed|could not read (username|password)|invalid (api )?key|\b401\b.*unauthori[sz]ed|bad credentials/iu,
    'not signed in',
    'critical',
  ],
  [/segmentation fault|core dumped|\bSIGSEGV\b|\bSIGABRT\b/iu, 'crash', 'critical'],
  [/\bindex\.lock\b|another git process/iu, 'git is locked', 'warning'],
  [/\bEADDRINUSE\b|address already in use/iu, 'port in use', 'warning'],
  [
    /\b(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ECONNRESET)\b|could not resolve host|connection (refused|timed out)/iu,
    'network',
    'warning',
  ],
  [/timed? ?out|deadline exceeded/iu, 'timed out', 'warning'],
  [/\bcommand not found\b|is not recognized as|not found: |executable file not found/iu, 'program missing', 'warning'],
  [
    /\bENOENT\b|no such file or directory|file (does not exist|not found)|cannot find (module|the path)/iu,
    'file not found',
    'warning',
  ],
];

/** Only the beginning and the end of an output say what went wrong. */
const looked = 4096;

/** Kind and severity of a failed tool's output. What fits nothing is a `failed` warning. */
export function toolErrorOf(output: string): ToolError {
  const text = output.length <= 2 * looked ? output : `${output.slice(0, looked)}\n${output.slice(-looked)}`;
  const found = kinds.find(([pattern]) => pattern.test(text));
  return found === undefined ? { kind: 'failed', severity: 'warning' } : { kind: found[1], severity: found[2] };
}
