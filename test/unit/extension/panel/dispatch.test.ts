import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoppiceError } from '../../../../src/core/errors.ts';
import { wirePanel, type PanelWire } from '../../../../src/extension/panel/dispatch.ts';
import type { PanelHandlers, ToPanel } from '../../../../src/protocol/webview/kinds.ts';
import { SessionPanelApi } from '../../../../src/protocol/webview/session-panel.ts';
import { sessionPanelSchemas } from '../../../../src/protocol/webview/session-panel-schemas.ts';

interface Played {
  readonly wire: PanelWire<SessionPanelApi>;
  readonly posted: ToPanel[];
  readonly warnings: string[];
  readonly called: [name: string, params: unknown][];
}

function play(fail: Partial<Record<keyof SessionPanelApi, unknown>> = {}): Played {
  const posted: ToPanel[] = [];
  const warnings: string[] = [];
  const called: [string, unknown][] = [];
  const names = Object.entries(SessionPanelApi).filter(([, { kind }]) => kind !== 'notification');
  const handlers = Object.fromEntries(
    names.map(([name]) => [
      name,
      async (params: unknown) => {
        called.push([name, params]);
        if (name in fail) throw fail[name as keyof SessionPanelApi];
        return { done: true };
      },
    ]),
  ) as unknown as PanelHandlers<SessionPanelApi>;
  const wire = wirePanel(SessionPanelApi, sessionPanelSchemas, handlers, {
    post: async (message) => posted.push(message) > 0,
    warn: (text) => warnings.push(text),
  });
  return { wire, posted, warnings, called };
}

describe('messages of a panel', () => {
  it('reach their handler, and a request is answered', async () => {
    const { wire, posted, called } = play();
    await wire.receive({ kind: 'request', id: 7, name: 'supply', params: { breakpoint: 'b' } });
    await wire.receive({ kind: 'command', name: 'taken', params: { batch: 3 } });
    assert.deepEqual(called, [
      ['supply', { breakpoint: 'b' }],
      ['taken', { batch: 3 }],
    ]);
    assert.deepEqual(posted, [{ kind: 'reply', id: 7, ok: true, result: { done: true } }]);
  });

  it('that fail are answered with what happened and what to do', async () => {
    const { wire, posted, warnings } = play({ stop: new CoppiceError('wrong-state', 'No turn.', 'Send a prompt.') });
    await wire.receive({ kind: 'request', id: 1, name: 'stop', params: {} });
    assert.deepEqual(posted, [
      { kind: 'reply', id: 1, ok: false, refusal: { message: 'No turn.', next: 'Send a prompt.' } },
    ]);
    assert.deepEqual(warnings, [], 'an error for people is no news for the log');
    const broken = play({ copy: new TypeError('x is not a function') });
    await broken.wire.receive({ kind: 'command', name: 'copy', params: { text: '' } });
    assert.match(broken.warnings.join(), /"copy" failed: x is not a function/);
  });

  it('that the protocol does not know are told once, ignored, and never thrown', async () => {
    const { wire, posted, warnings, called } = play();
    for (let i = 0; i < 5; i++) {
      await wire.receive('hello');
      await wire.receive({ kind: 'request', id: 1, name: 'format-disk', params: {} });
      await wire.receive({ kind: 'command', name: 'stop', params: {} }); // a request, not a command
      await wire.receive({ kind: 'notification', name: 'session', data: {} });
      await wire.receive({ kind: 'request', id: 1, name: 'constructor', params: {} });
    }
    assert.equal(warnings.length, 4, warnings.join('\n'));
    assert.deepEqual([called, posted], [[], []]);
  });

  it('whose content is wrong are refused, and their handler never sees them', async () => {
    const { wire, posted, warnings, called } = play();
    const wrong: [string, unknown][] = [
      ['send', { text: 1, attachments: [], steer: false }],
      ['send', { text: 'x', attachments: [{ path: '' }], steer: false }],
      ['send', { text: 'x', attachments: [], steer: false, extra: true }],
      ['answer', { breakpoint: 'b', answer: { choice: 'rm -rf' } }],
      ['read', { from: -1, offset: 0, part: 0, field: 'text' }],
    ];
    for (const [name, params] of wrong) await wire.receive({ kind: 'request', id: 2, name, params });
    assert.equal(called.length, 0);
    assert.equal(posted.length, wrong.length);
    assert.ok(posted.every((each) => each.kind === 'reply' && !each.ok));
    assert.equal(warnings.length, 3, 'once for each message');
  });

  it('of any shape whatever harm nobody', async () => {
    const { wire, warnings } = play();
    const message = fc.oneof(
      fc.anything(),
      fc.record({
        kind: fc.constantFrom('request', 'command'),
        id: fc.anything(),
        name: fc.anything(),
        params: fc.anything(),
      }),
      fc.record({
        kind: fc.constantFrom('request', 'command'),
        id: fc.nat(),
        name: fc.constantFrom(...Object.keys(SessionPanelApi), '__proto__', 'toString'),
        params: fc.anything(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(message, (each) => wire.receive(each)),
      { numRuns: 500 },
    );
    assert.ok(warnings.length <= 20, 'a panel cannot flood the log');
  });

  it('are not told to a panel that was closed', async () => {
    const { wire } = {
      wire: wirePanel(SessionPanelApi, sessionPanelSchemas, {} as PanelHandlers<SessionPanelApi>, {
        post: () => Promise.reject(new Error('Webview is disposed')),
        warn: () => undefined,
      }),
    };
    assert.equal(await wire.notify('focus', { region: 'prompt' }), false);
  });
});
