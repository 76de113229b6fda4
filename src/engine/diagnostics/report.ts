/** The bundle of `coppice diagnostics`: what a bug report needs and nothing that is secret. */
import { toErrorRecord } from '../../core/errors.ts';
import { redact, redactData, type Redaction } from './redact.ts';
import { mask, namesSecret } from './shapes.ts';

/** Where the parts come from. One that throws or takes too long says so in its place; the others are not lost with it. */
export interface DiagnosticsSources {
  /** Of Coppice, its protocol, Node, git and the agents. */
  readonly versions: () => Promise<Readonly<Record<string, string>>>;
  /** Operating system, architecture, kernel. */
  readonly platform: () => Promise<Readonly<Record<string, string>>>;
  /** Rows and files of `coppice config`. */
  readonly settings: () => Promise<{
    readonly settings: readonly { readonly key: string; readonly value: unknown; readonly source: string }[];
    readonly files: readonly { readonly path: string; readonly present: boolean }[];
  }>;
  /** As `engine/status` answers. */
  readonly engine: () => Promise<unknown>;
  /** How many sessions have each status, how many breakpoints are open, and the like. */
  readonly counts: () => Promise<Readonly<Record<string, number>>>;
  /** As `audit/verify` answers. */
  readonly journal: () => Promise<unknown>;
  /** Rows of `coppice doctor`. */
  readonly checks: () => Promise<unknown>;
  /** The last lines of the engine's log, oldest first. */
  readonly log: () => Promise<readonly string[]>;
}

/** What is kept out of the report, and how long it may take. */
export interface DiagnosticsOptions {
  readonly redaction: Redaction;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds that each part may take. */
  readonly limitMs: number;
}

/** Long enough to verify a journal of some hundred megabytes. */
export const partLimitMs = 30_000;

/** How much of the log is worth sending. */
export const logLines = 200;
const longestLine = 4000;

/**
 * The report as plain data, one member per source and `at` (ISO 8601), every text redacted. Never rejects: a source
 * that fails or is late is answered by what went wrong.
 */
export async function diagnosticsReport(
  sources: DiagnosticsSources,
  { redaction, clock, limitMs }: DiagnosticsOptions,
): Promise<Record<string, unknown>> {
  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    versions: sources.versions,
    platform: sources.platform,
    settings: async () => withoutSecrets(await sources.settings()),
    engine: sources.engine,
    counts: sources.counts,
    journal: sources.journal,
    checks: sources.checks,
    log: async () => endOf(await sources.log(), redaction),
  };
  const entries = await Promise.all(
    Object.entries(parts).map(
      async ([name, part]) => [name, redactData(await answer(part, limitMs), redaction)] as const,
    ),
  );
  return { at: new Date(clock()).toISOString(), ...Object.fromEntries(entries) };
}

/** Redacted as a whole and before it is cut: a secret can go over lines, and half a secret is not recognised. */
function endOf(lines: readonly string[], redaction: Redaction): readonly string[] {
  const clean = redact(lines.join('\n'), redaction).split('\n');
  return clean.slice(-logLines).map((line) => line.slice(0, longestLine));
}

type SettingsPart = Awaited<ReturnType<DiagnosticsSources['settings']>>;

function withoutSecrets({ settings, files }: SettingsPart): SettingsPart {
  const rows = settings.map(({ key, value, source }) => ({ key, value: namesSecret(key) ? mask : value, source }));
  return { settings: rows, files };
}

async function answer(part: () => Promise<unknown>, limitMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<unknown>((resolve) => {
    timer = setTimeout(() => resolve({ problem: `no answer within ${limitMs / 1000} s` }), limitMs);
  });
  // What comes after the limit is nobody's any more, a late failure included.
  const asked = Promise.resolve()
    .then(part)
    .catch((error: unknown) => {
      const { code, message } = toErrorRecord(error);
      return { problem: message, code };
    });
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
