import assert from 'node:assert/strict';
import { denial, questionAnswer } from '../../../src/extension/needs-you/answers.ts';
import { evidenceRows, evidenceText, needLabel } from '../../../src/extension/needs-you/evidence.ts';
import { contextLine, filesText, selectionText } from '../../../src/extension/new-session/context-text.ts';
import { quietly } from '../../../src/extension/new-session/agents.ts';
import { draftText, emptyDraft, labelsOf, requestOf } from '../../../src/extension/new-session/draft.ts';
import { back, type Back } from '../../../src/extension/quick/back.ts';
import { runSteps, type Asked } from '../../../src/extension/quick/steps.ts';
import { travellingSettings } from '../../../src/extension/settings/travelling.ts';
import { breakpoint, hostile } from './given.ts';

const requester = { env: {}, secrets: {}, settings: {} };

describe('the evidence of a decision', () => {
  it('is the tool, and what it is about', () => {
    const rows = evidenceRows(breakpoint('1', { detail: 'npm test\n\nin /repo' }));
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['Bash', 'npm test', 'in /repo'],
    );
  });

  it('is all of the command, also what a terminal would leave out of it', () => {
    const [row] = evidenceRows(breakpoint('1', { input: { command: 'echo hi\u001b]; rm -rf ~\u0007' }, detail: '' }));
    assert.equal(row?.label, 'echo hi␛]; rm -rf ~');
  });

  it('is the command or the file with what is dangerous about it, and says nothing twice', () => {
    const input = { command: 'rm -r dist\nrm -r src', description: 'Cleans up' };
    const detail = 'command:\nrm -r dist\nrm -r src\ndescription: Cleans up\nWhy it is asked: it deletes';
    const findings = [{ danger: 'recursive-delete', severity: 'warning', sentence: 'It deletes src.' }] as const;
    const shown = (more: Parameters<typeof breakpoint>[1]): string[][] =>
      evidenceRows(breakpoint('1', more)).map(({ icon, label, description = '' }) => [icon, label, description]);
    assert.deepEqual(shown({ input, detail, findings: [...findings] }), [
      ['terminal', 'rm -r dist', 'Cleans up'],
      ['blank', 'rm -r src', ''],
      ['warning', 'It deletes src.', ''],
      ['blank', 'Why it is asked: it deletes', ''],
    ]);
    assert.deepEqual(shown({ input: { command: ['npm', 'test'] }, detail: '' }), [['terminal', 'npm test', 'Bash']]);
    assert.deepEqual(shown({ tool: 'Edit', input: { path: 'a.md', line: 'x' }, detail: 'A line is added' }), [
      ['file', 'a.md', 'Edit'],
      ['blank', 'A line is added', ''],
    ]);
  });

  it('is a question with its answers, or the secrets that are missing', () => {
    const questions = [{ question: 'Which?', options: [{ label: 'A', description: 'the first' }], multiSelect: true }];
    const rows = evidenceRows(breakpoint('1', { kind: 'question', questions }));
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['Which?', 'A'],
    );
    assert.equal(rows[0]?.description, 'several may be chosen');
    const [secret] = evidenceRows(breakpoint('1', { kind: 'credential', secrets: ['API_KEY'] }));
    assert.equal(secret?.label, 'API_KEY');
  });

  it('does not say the only question twice', () => {
    const questions = [{ question: 'Which?', options: [{ label: 'A' }, { label: 'B' }], multiSelect: false }];
    const rows = evidenceRows(breakpoint('1', { kind: 'question', title: 'Which?', questions }));
    assert.deepEqual(
      rows.map(({ label }) => label),
      ['A', 'B'],
    );
  });

  for (const text of hostile) {
    it(`is harmless and short whatever an agent writes (${JSON.stringify(text.slice(0, 20))})`, () => {
      const asked = breakpoint('1', { title: text, detail: text, tool: text, input: { command: text } });
      const begun = performance.now();
      const shown = [
        needLabel(asked),
        ...evidenceRows(asked).flatMap(({ label, description = '' }) => [label, description]),
      ];
      assert.ok(performance.now() - begun < 1000);
      for (const each of shown) {
        assert.ok([...each].length <= 300);
        assert.doesNotMatch(each, /[\p{Cc}\u200B\u202A-\u202E\u2066-\u2069\u2028]/u);
      }
      assert.doesNotMatch(evidenceText(asked, 'a session'), /[\u001B\u202E\u200B]/u);
    });
  }

  it('says when there is more than is shown', () => {
    const many = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
    assert.match(evidenceRows(breakpoint('1', { detail: many })).at(-1)?.label ?? '', /and more/u);
    assert.match(evidenceText(breakpoint('1', { detail: many }), 's'), /line 39/u);
  });
});

describe('an answer', () => {
  it('joins the labels of a question, and gives a reason only when there is one', () => {
    assert.deepEqual(questionAnswer(new Map([['Which?', ['A', 'own words']]])), {
      answer: { choice: 'answer', answers: { 'Which?': 'A, own words' } },
    });
    assert.deepEqual(
      [denial(' no '), denial('  ')],
      [{ answer: { choice: 'deny', reason: 'no' } }, { answer: { choice: 'deny' } }],
    );
  });
});

describe('steps of a dialogue', () => {
  type S = readonly string[];
  const step = (name: string, answers: (string | Back)[], applies = true): Asked<S> => ({
    applies: () => applies,
    ask: async (state) => {
      const answer = answers.shift();
      return answer === back || answer === undefined ? back : [...state, `${name}=${answer}`];
    },
  });

  it('go on, go back, and pass over what does not apply in both directions', async () => {
    const steps = [step('a', ['1', '2']), step('b', [], false), step('c', [back, '3'])];
    assert.deepEqual(await runSteps<S>([], steps), ['a=1', 'a=2', 'c=3']);
  });

  it('tell the first that there is nothing before it', async () => {
    const firsts: boolean[] = [];
    const ask = async (state: S, { first }: { first: boolean }): Promise<S> => (firsts.push(first), state);
    await runSteps<S>(
      [],
      [
        { applies: () => false, ask },
        { applies: () => true, ask },
        { applies: () => true, ask },
      ],
    );
    assert.deepEqual(firsts, [true, false]);
  });
});

describe('a new session', () => {
  it('shows what a check says without the marks around what is to be typed', () => {
    assert.equal(
      quietly('Install it with `npm i x`,\nor set `agents.x.command`.', 200),
      'Install it with npm i x, or set agents.x.command.',
    );
    assert.equal(quietly('`a`'.repeat(99), 20).length <= 20, true);
  });

  it('is asked for with what was chosen, and with the context below the prompt', () => {
    const draft = {
      ...emptyDraft({ agent: 'demo', mode: 'dispatch' }),
      repository: '/repo',
      prompt: 'Do it',
      context: '- a',
    };
    const made = requestOf(draft, 'id', requester);
    assert.deepEqual([made.prompt, made.agent, made.mode, 'base' in made], ['Do it\n\n- a', 'demo', 'dispatch', false]);
    assert.match(
      draftText({ ...draft, base: 'v1', priority: 'high' }),
      /^demo · Dispatch · own worktree · from v1 · first in line$/u,
    );
    assert.match(draftText({ ...draft, agent: undefined }), /^agent as in the settings · Dispatch · own worktree$/u);
    const labels = labelsOf(' area:auth,, team: web ,');
    assert.deepEqual(labels, ['area:auth', 'team: web']);
    assert.deepEqual(requestOf({ ...draft, labels, priority: 'critical' }, 'id', requester).labels, labels);
    assert.match(
      draftText({ ...draft, labels, priority: 'critical' }),
      /own worktree · critical: before all others, also in a reserved place · area:auth, team: web$/u,
    );
  });

  it('believes nothing that was remembered wrongly', () => {
    const remembered: Record<string, unknown> = { agent: 7, mode: 'destroy', prompt: {} };
    assert.deepEqual(emptyDraft(remembered), emptyDraft());
  });

  it('takes a selection in a fence that its text cannot close', () => {
    const text = selectionText({ path: 'a.md', from: 3, to: 5, text: '```\nx\n````\n', language: 'markdown' });
    assert.equal(text, 'a.md:3-5\n\n`````markdown\n```\nx\n````\n`````');
    assert.equal(filesText(['a', 'b/c']), '- a\n- b/c');
    assert.deepEqual([text, filesText(['a', 'b/c'])].map(contextLine), ['a.md:3-5', 'a, b/c']);
  });
});

describe('settings of the editor', () => {
  const nowhere = (): undefined => undefined;

  it('travel as the variables of a shell, unless a file decides', () => {
    const given = (key: string): unknown =>
      ({ 'session.timeBoxSeconds': 60, 'agent.default': 'demo', 'worktrees.setup': ['npm ci'], 'history.commit': '' })[
        key
      ];
    assert.deepEqual(travellingSettings(given, nowhere), {
      COPPICE_SESSION_TIME_BOX_SECONDS: '60',
      COPPICE_AGENT_DEFAULT: 'demo',
      COPPICE_WORKTREES_SETUP: '["npm ci"]',
    });
    const decided = (key: string): string => (key === 'agent.default' ? 'user: /home/config.yaml:1:1' : 'default');
    assert.deepEqual(Object.keys(travellingSettings(given, decided)), [
      'COPPICE_SESSION_TIME_BOX_SECONDS',
      'COPPICE_WORKTREES_SETUP',
    ]);
  });

  it('of the wrong type are refused by name, with what they must be', () => {
    for (const [key, value] of [
      ['session.timeBoxSeconds', '5'],
      ['worktrees.copyIgnored', 'yes'],
      ['agents.claude-code.args', 'x'],
    ]) {
      assert.throws(() => travellingSettings((each) => (each === key ? value : undefined), nowhere), {
        code: 'config-invalid',
        message: new RegExp(`coppice\\.${key ?? ''} must be `, 'u'),
      });
    }
  });
});
