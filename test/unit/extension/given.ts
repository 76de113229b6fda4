/** Sessions and decisions for tests of the extension. */
import type { BreakpointView, SessionDetail, SessionView } from '../../../src/protocol/schemas.ts';
import type { LandingView } from '../../../src/protocol/landing.ts';
import type { SupervisionView } from '../../../src/protocol/supervision-views.ts';
import type { Changes, Entry } from '../../../src/extension/sessions/entry.ts';
import type { Log } from '../../../src/extension/log/logger.ts';

export const startedAt = Date.parse('2026-01-01T00:00:00Z');

/** A session at work, but for what is given. */
export function session(id: string, more: Partial<SessionView> = {}): SessionView {
  return {
    ...{ id, task: `coppice.${id}.0000000`, title: `Title of ${id}`, prompt: `Prompt of ${id}`, mode: 'autonomous' },
    ...{ agent: 'demo', executor: 'local', status: 'running', priority: 'normal', repository: '/repo' },
    ...{ worktree: `/worktrees/${id}`, branch: `feature/${id}`, turns: 0, archived: false },
    createdAt: new Date(startedAt).toISOString(),
    startedAt: new Date(startedAt).toISOString(),
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    ...more,
  };
}

/** All of a session, with decisions that wait. */
export function detail(id: string, more: Partial<SessionDetail> = {}): SessionDetail {
  return { ...session(id), needs: [], base: 'main', baseCommit: null, stream: '/stream', ...more };
}

/** A permission that an agent asks for. */
export function breakpoint(id: string, more: Partial<BreakpointView> = {}): BreakpointView {
  const raisedAt = new Date(startedAt).toISOString();
  return { id, kind: 'permission', title: `Do ${id}`, detail: 'rm -r dist', raisedAt, tool: 'Bash', ...more };
}

/** Work on its way into main, next in line, but for what is given. */
export function landing(more: Partial<LandingView>): LandingView {
  return {
    ...{ id: 'l', session: 'a', title: 'Title of a', repository: '/repo', way: 'squash', target: 'main' },
    ...{ state: 'queued', position: 1, by: 'a person', evidence: [] },
    requestedAt: new Date(startedAt).toISOString(),
    ...more,
  };
}

/** A session whose work nobody has judged yet, but for what is given. */
export function supervision(more: Partial<SupervisionView>): SupervisionView {
  return {
    ...{ session: 'a', gates: [], review: false, standing: '', proof: [], verifying: false, errors: [], automatic: 0 },
    ...{ thresholds: { go: 0.8, ask: 0.5 }, judgements: [], ...more },
  };
}

/** What a window knows of sessions. */
export function entries(...all: readonly (SessionView | SessionDetail)[]): Map<string, Entry> {
  return new Map(all.map((each) => [each.id, { session: each, detail: 'needs' in each ? each : undefined }]));
}

/** What changed between two states. */
export function changesBetween(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): Changes {
  const ids = [...new Set([...before.keys(), ...after.keys()])];
  return new Map(ids.map((id) => [id, { before: before.get(id), after: after.get(id) }]));
}

/** A log that keeps what is wrong. */
export function keptLog(): Log & { readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const quiet = (): void => undefined;
  return { errors, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: (...said) => errors.push(said) };
}

/** Text that would do harm in a label, a notification or a tooltip. */
export const hostile = [
  '\u001B[31mred\u001B[0m and \u001B]52;c;cm0gLXJmIC8=\u0007clipboard',
  'user\u202Etxt.exe\u202C and \u200Bhidden\u2066marks',
  '<script>alert(1)</script>[click](command:workbench.action.quit)',
  'first line\nsecond line\r\nthird\u2028fourth\tand a tab',
  'x'.repeat(5 * 1024 * 1024),
  '\0\u0007\u009B2J',
] as const;
