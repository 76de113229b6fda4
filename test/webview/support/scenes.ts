/** Conversations as agents have them. */
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { BreakpointView } from '../../../src/protocol/schemas.ts';
import type { PanelFile } from '../../../src/protocol/webview/session-panel.ts';

const root = '/home/me/app.worktrees/retry';
const usage = {
  inputTokens: 2100,
  outputTokens: 6400,
  cacheReadTokens: 240_000,
  cacheWriteTokens: 10_000,
  costUsd: 0.21,
};

export const answerText = `I added a **retry with exponential back-off** to the upload client. Three things changed:

1. \`UploadClient.send\` retries up to five times on \`429\` and \`5xx\`, honouring \`Retry-After\`.
2. The delay is jittered, so that many clients do not come back at once.
3. A failed upload now says *which* attempt failed.

| status | before | after |
| --- | --- | --- |
| 429 | thrown | retried |
| 503 | thrown | retried |
| 400 | thrown | thrown |

\`\`\`ts
export async function withRetry<T>(run: () => Promise<T>, { attempts = 5 } = {}): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attempts || !isRetryable(error)) throw error;
      await delay(backOff(attempt));
    }
  }
}
\`\`\`

> The timeout of the whole upload is unchanged.

See [the client](src/upload/client.ts:42) and [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110).`;

/** Two turns with tools, thinking, a denied call, a retry and an ending. */
export function conversation(): AgentEvent[] {
  return [
    {
      kind: 'prompt-seen',
      input: 'a1b2c3d4:1',
      text: 'Add a retry with exponential back-off to the upload client. Keep the public API as it is, and add tests.',
    },
    {
      kind: 'message',
      text: 'The upload client throws on the first failed request. I should look at how errors are classified before I change anything.',
      thinking: true,
    },
    { kind: 'message', text: "I'll look at the client and its tests first." },
    { kind: 'tool-started', id: 't1', name: 'Read', input: { file_path: `${root}/src/upload/client.ts` } },
    {
      kind: 'tool-ended',
      id: 't1',
      ok: true,
      output: 'export class UploadClient {\n  async send(file: File) {\n  }\n}',
    },
    {
      kind: 'tool-started',
      id: 't2',
      name: 'Grep',
      input: { pattern: 'isRetryable|Retry-After', path: `${root}/src` },
    },
    { kind: 'tool-ended', id: 't2', ok: true, output: 'No matches found' },
    {
      kind: 'tool-started',
      id: 't3',
      name: 'Edit',
      input: {
        file_path: `${root}/src/upload/client.ts`,
        old_string: '  async send(file: File) {\n    return this.post(file);\n  }',
        new_string: '  async send(file: File) {\n    return withRetry(() => this.post(file));\n  }',
      },
    },
    { kind: 'tool-ended', id: 't3', ok: true, output: 'The file has been updated.' },
    {
      kind: 'tool-started',
      id: 't4',
      name: 'Bash',
      input: { command: 'npm test -- --grep upload', description: 'Run the upload tests' },
    },
    {
      kind: 'tool-ended',
      id: 't4',
      ok: false,
      output: 'FAIL test/upload.test.ts\n  ✗ retries on 503\n    expected 2 calls, got 1\n\n1 failed, 11 passed',
    },
    { kind: 'tool-started', id: 't5', name: 'Bash', input: { command: 'git push --force origin main' } },
    { kind: 'tool-ended', id: 't5', ok: false, denied: true, output: 'Refused: never push from here.' },
    { kind: 'retrying', attempt: 1, max: 10, error: 'overloaded_error' },
    { kind: 'retrying', attempt: 2, max: 10, error: 'overloaded_error' },
    { kind: 'message', text: answerText },
    { kind: 'turn-ended', outcome: 'success', reason: 'completed', usage, denials: 1 },
    { kind: 'prompt-seen', input: 'a1b2c3d4:2', text: 'Good. Now make the number of attempts configurable.' },
    {
      kind: 'tool-started',
      id: 't6',
      name: 'Write',
      input: {
        file_path: `${root}/src/upload/options.ts`,
        content: 'export interface RetryOptions {\n  readonly attempts: number;\n}\n',
      },
    },
    { kind: 'tool-ended', id: 't6', ok: true, output: 'Created.' },
    { kind: 'tool-started', id: 't7', name: 'Bash', input: { command: 'npm test' } },
  ];
}

export const files: readonly PanelFile[] = [
  { path: 'src/upload/client.ts', change: 'modified', insertions: 31, deletions: 12 },
  { path: 'src/upload/options.ts', change: 'added', insertions: 9, deletions: 0 },
  { path: 'test/upload.test.ts', change: 'modified', insertions: 44, deletions: 0 },
];

const raised = { raisedAt: '2026-11-26T09:05:00Z' };

export const permission: BreakpointView = {
  ...{ ...raised, id: 'ask-1', kind: 'permission', title: 'Bash: npm install p-retry', tool: 'Bash' },
  detail: 'command: npm install p-retry',
  input: { command: 'npm install p-retry', description: 'Add the retry library' },
};

export const question: BreakpointView = {
  ...{ ...raised, id: 'ask-2', kind: 'question', title: 'Which back-off should be used?' },
  detail: '',
  questions: [
    {
      question: 'Which back-off should be used?',
      header: 'Back-off',
      options: [
        { label: 'Exponential', description: 'Doubles each time, with jitter.' },
        { label: 'Fixed', description: 'One second between attempts.' },
      ],
      multiSelect: false,
    },
  ],
};

export const severalQuestions: BreakpointView = {
  ...{ ...raised, id: 'ask-3', kind: 'question', title: 'Which statuses are retried?' },
  detail: '',
  questions: [
    {
      question: 'Which statuses are retried?',
      options: [{ label: '429' }, { label: '503' }, { label: '504' }],
      multiSelect: true,
    },
    { question: 'How often?', options: [], multiSelect: false },
  ],
};

export const plan: BreakpointView = {
  ...{ ...raised, id: 'ask-4', kind: 'plan', title: 'Plan: Retry with back-off' },
  detail: '# Retry with back-off\n\n1. Classify errors in `errors.ts`\n2. Wrap `send`\n3. Test with a **fake clock**',
};

export const credential: BreakpointView = {
  ...{ ...raised, id: 'ask-5', kind: 'credential', title: 'ANTHROPIC_API_KEY is missing' },
  detail: 'The agent needs it to start.',
  secrets: ['ANTHROPIC_API_KEY'],
};
