import { runCli } from '../../../src/cli/cli.ts';
import type { BreakpointView, SessionDetail } from '../../../src/protocol/schemas.ts';
import { aSession, FakeEngine, sessionId } from './fake-engine.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';

export const permission: BreakpointView = {
  id: 'b1',
  kind: 'permission',
  title: 'Bash: npm test',
  detail: 'npm test --all',
  raisedAt: '2026-01-01T00:00:20.000Z',
  tool: 'Bash',
  input: { command: 'npm test --all' },
};

/** An engine with one session whose state a test moves on. */
export class OneSession extends FakeEngine {
  detail: SessionDetail = aSession();
  readonly #follow = this.handlers['session/follow'];

  constructor() {
    super();
    Object.assign(this.handlers, {
      'session/create': () => ({ verdict: { status: 'started' }, session: this.detail }),
      'session/show': () => this.detail,
      'session/answer': () => ({ breakpoint: 'b1' }),
      'session/cancel': () => {
        this.moveTo(aSession({ status: 'cancelled' }), true);
        return {};
      },
    } satisfies FakeEngine['handlers']);
  }

  moveTo(detail: SessionDetail, ended = false): void {
    this.detail = detail;
    this.record(sessionId);
    if (ended) this.stream([], true);
  }

  /** The work is over as soon as somebody follows it. */
  endAs(detail: SessionDetail): void {
    this.handlers['session/follow'] = (params) => {
      this.detail = detail;
      setImmediate(() => this.stream([], true));
      return this.#follow?.(params) ?? { follow: 0, session: sessionId };
    };
  }

  get followed(): boolean {
    return this.asked.some(({ method }) => method === 'session/follow');
  }
}

export function started(
  engine: FakeEngine,
  argv: readonly string[],
  options: FakeOptions = {},
): { shell: FakeShell; exit: Promise<number> } {
  const shell = new FakeShell(engine, options);
  return { shell, exit: runCli(argv, shell) };
}

export function json(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
