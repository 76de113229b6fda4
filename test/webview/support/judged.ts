/** A session whose turns were judged, and what is known of judging in its repository. */
import {
  reliability,
  reportOf,
  saysOf,
  goals,
  fewCases,
  type Judged,
} from '../../../src/core/supervision/calibration.ts';
import { defined } from '../../../src/core/defined.ts';
import type {
  EvidenceView,
  JudgementView,
  ReportView,
  SupervisionView,
} from '../../../src/protocol/supervision-views.ts';

const tree = 'c0ffee5a0de1b2c3d4e5f60718293a4b5c6d7e8f';

export const failed: EvidenceView = {
  ...{ tree, command: ['npm', 'test'], passed: false, code: 1, ms: 8412, output: '/home/me/.coppice/gates/1.log' },
  tail: '  1) retries on 503\n       expected 2 calls, got 1\n\n  11 passing\n  1 failing',
};
const passed: EvidenceView = { ...failed, passed: true, code: 0, tail: '12 passing' };

/** The chain of a session: refused by its tests, sent on, asked about, let through. */
export function turns(): JudgementView[] {
  const base = { tree, at: '2026-11-26T10:00:00Z', files: 3, lines: 96, issues: [] };
  return [
    {
      ...{ ...base, turn: 1, evidence: [failed] },
      decision: {
        ...{ action: 'retry', score: 0.08, calibrated: 0.12, prompt: 2 },
        sentence: 'The gate `npm test` ended with code 1. It is tried once more.',
        factors: [
          { name: 'gates', weight: -4, sentence: 'The gate `npm test` failed.' },
          { name: 'size', weight: 0.2, sentence: '96 lines changed.' },
        ],
      },
    },
    {
      ...{ ...base, turn: 2, evidence: [passed] },
      issues: [{ kind: 'partial', sentence: 'It says itself that it is not done: “I still have to document it”.' }],
      review: {
        ...{ model: 'qwen3:8b', verdict: 'not-done', prompt: '/home/me/.coppice/reviews/2.md' },
        criteria: [
          { criterion: 'Retries are jittered', met: true },
          { criterion: 'The README says how to turn it off', met: false },
        ],
      },
      decision: {
        ...{ action: 'continue', score: 0.48, calibrated: 0.55, prompt: 3 },
        sentence: 'The model qwen3:8b finds that it is not done: The README says how to turn it off.',
        factors: [
          { name: 'gates', weight: 2.5, sentence: 'All gates passed.' },
          { name: 'review', weight: -2, sentence: 'The model says that it is not done.' },
        ],
      },
      word: { good: false },
    },
    {
      ...{ ...base, turn: 3, evidence: [passed] },
      review: { failure: 'No model answered in 60 seconds.', criteria: [] },
      decision: {
        ...{ action: 'finish', score: 0.93, calibrated: 0.9 },
        sentence: 'It is done: All gates passed; the change is small (90 % sure).',
        factors: [
          { name: 'gates', weight: 2.5, sentence: 'All gates passed.' },
          { name: 'size', weight: 0.4, sentence: '12 lines changed.' },
        ],
      },
    },
  ];
}

export function supervision(changes: Partial<SupervisionView> = {}): SupervisionView {
  return {
    ...{
      session: 'a1b2c3d4',
      level: 'supervised',
      review: true,
      verifying: false,
      automatic: 2,
      errors: [{ fingerprint: 'f', message: 'it failed', count: 2 }],
      retries: 7,
      proof: [],
    },
    gates: [{ kind: 'test', command: ['npm', 'test'], from: 'settings' }],
    standing: 'All gates passed on its files as they are.',
    thresholds: { go: 0.85, ask: 0.6 },
    judgements: turns(),
    ...changes,
  };
}

/** What a record with so many turns says; every fifth question was unnecessary, one accept in twenty wrong. */
export function report(count: number): ReportView {
  const cases: Judged[] = Array.from({ length: count }, (_, at) => {
    const score = ((at * 37) % 100) / 100;
    const asked = score < 0.6;
    const good = asked ? at % 5 === 0 : at % 20 !== 7;
    return { score, good, asked, accepted: !asked, unnecessary: asked && good };
  });
  const { falseAccepts, falseBreakpoints, calibrationError, correlation } = reportOf(cases);
  return {
    ...{ cases: count, few: count < fewCases },
    falseAccepts: defined({ ...falseAccepts }),
    falseBreakpoints: defined({ ...falseBreakpoints }),
    goals: {
      falseBreakpoints: { ...goals.falseBreakpoints, says: saysOf(falseBreakpoints, goals.falseBreakpoints) },
      correlation: { ...goals.correlation, says: saysOf(correlation, goals.correlation) },
    },
    times: [
      { what: 'review', count, p95Ms: 4123, goalMs: 10_000, says: 'met' },
      { what: 'agent', count, p95Ms: 31_000, goalMs: 30_000, says: 'missed' },
      { what: 'loop', count, p95Ms: 41_000, goalMs: 60_000, says: 'met' },
      { what: 'own', count: 0 },
    ],
    bins: reliability(cases).map(({ good, ...bin }) => ({ ...bin, good: defined({ ...good }) })),
    ...defined({ calibrationError, correlation }),
  };
}
