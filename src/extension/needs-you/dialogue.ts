/** Asks a person for a decision, by keyboard alone if they like. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { BreakpointView } from '../../protocol/schemas.ts';
import { back, type Back } from '../quick/back.ts';
import { askText, pickMany, pickOne, type Step } from '../quick/quick.ts';
import { runSteps } from '../quick/steps.ts';
import { denial, questionAnswer, type Given } from './answers.ts';
import { kindLook, needLabel } from './evidence.ts';

/**
 * What was decided; `evidence`: the person wants to see more first; `edit`: to change the tool's input in an editor; `roll-back`: to
 * choose from what the agent has changed.
 */
export type Decision = Given | 'evidence' | 'edit' | 'roll-back';

/** Where secrets that a person typed may be kept. */
export interface Keep {
  secret(name: string, value: string): PromiseLike<void>;
}

/** Asks until something is decided. Throws a `CancellationError` when it is put off, or when `signal` is aborted. */
export async function askDecision(
  need: BreakpointView,
  session: string,
  signal: AbortSignal,
  keep: Keep,
): Promise<Decision> {
  const frame: Step = { title: `${kindLook(need.kind).label}: ${needLabel(need)}`, signal };
  switch (need.kind) {
    case 'permission':
    case 'plan':
      return askPermission(need, session, frame);
    case 'question':
      return askQuestions(need, session, frame);
    case 'decision':
      return askJudgement(need, session, frame);
    case 'credential':
      return askSecrets(need, session, frame, keep);
  }
}

type Beside = 'evidence' | 'roll-back' | 'abort';

/** What can be done about work beside answering the question about it. */
function beside(): { label: string; icon: string; gives: Beside }[] {
  return [
    { label: l10n.t('Show All of It'), icon: 'open-preview', gives: 'evidence' },
    { label: l10n.t('Roll Back…'), icon: 'history', gives: 'roll-back' },
    { label: l10n.t('Stop the Session'), icon: 'debug-stop', gives: 'abort' },
  ];
}

type Judgement = 'put-back' | 'allow' | 'deny' | 'hand-over' | Beside;

/** A decision of the supervisor that is a person's: let it through, say what is to be done next, or take over. */
async function askJudgement(need: BreakpointView, session: string, frame: Step): Promise<Decision> {
  const { lost } = need.about ?? {};
  const limit = need.about?.limit === true;
  for (;;) {
    const verdict = await pickOne<Judgement>(
      [
        ...(lost === undefined
          ? []
          : [
              {
                label: l10n.t('Put the Files Back'),
                icon: 'discard',
                detail: l10n.t('from checkpoint {0}; what was written stays', lost.to),
                gives: 'put-back' as const,
              },
            ]),
        {
          label: lost ? l10n.t('They Are Meant to Go') : limit ? l10n.t('Raise the Limit') : l10n.t('Let It Through'),
          icon: 'check',
          detail: oneLine(need.detail, 300),
          gives: 'allow',
        },
        { label: l10n.t('Say What Is to Be Done…'), icon: 'comment', gives: 'deny' },
        {
          label: l10n.t('Take Over'),
          icon: 'account',
          detail: l10n.t('ends the work as it stands'),
          gives: 'hand-over',
        },
        ...beside(),
      ],
      { ...frame, placeholder: session },
    );
    if (verdict === 'evidence' || verdict === 'roll-back') return verdict;
    if (verdict !== 'deny' && verdict !== back) return { answer: { choice: verdict } };
    const reason = await askText({ ...frame, canGoBack: true, placeholder: l10n.t('What is to be done?') });
    if (typeof reason === 'string' && reason.trim() !== '') return denial(reason);
  }
}

type Verdict = 'allow' | 'session' | 'always' | 'deny' | 'edit' | Beside;

async function askPermission(need: BreakpointView, session: string, frame: Step): Promise<Decision> {
  const editable = isEditable(need);
  const what = oneLine(need.detail, 300);
  for (;;) {
    const verdict = await pickOne<Verdict>(
      [
        { label: l10n.t('Allow'), icon: 'check', detail: what, gives: 'allow' },
        ...rememberChoices(need),
        {
          label: l10n.t('Deny…'),
          icon: 'x',
          detail: l10n.t('with a reason for the agent, if you like'),
          gives: 'deny',
        },
        ...(editable ? [{ label: l10n.t('Edit the Tool Input…'), icon: 'edit', gives: 'edit' as const }] : []),
        ...beside(),
      ],
      { ...frame, placeholder: session },
    );
    const decision = await followUp(verdict, frame);
    if (decision !== back) return decision;
  }
}

/** The agent waits with a tool, and takes another input for it than its own. */
export function isEditable({ kind, input, fixed }: BreakpointView): boolean {
  return kind === 'permission' && input !== undefined && fixed !== true;
}

/** What is like it can be allowed as well, unless it is dangerous or there is nothing to compare. */
function rememberChoices({
  kind,
  findings = [],
  input = {},
}: BreakpointView): { label: string; icon: string; gives: Verdict }[] {
  if (kind !== 'permission' || findings.length > 0 || Object.keys(input).length === 0) return [];
  return [
    { label: l10n.t('Allow This for the Session'), icon: 'check-all', gives: 'session' },
    { label: l10n.t('Always Allow This Here'), icon: 'unlock', gives: 'always' },
  ];
}

async function followUp(verdict: Verdict | Back, frame: Step): Promise<Decision | Back> {
  switch (verdict) {
    case 'allow':
      return { answer: { choice: 'allow' } };
    case 'session':
    case 'always':
      return { answer: { choice: 'allow', remember: { scope: verdict } } };
    case 'deny':
      return askReason(frame);
    case 'abort':
      return { answer: { choice: 'abort' } };
    case 'edit':
    case 'evidence':
    case 'roll-back':
      return verdict;
    default:
      return back;
  }
}

/** A refusal with a reason, which may be empty. */
export async function askReason(frame: Step): Promise<Given | Back> {
  const reason = await askText({
    ...frame,
    canGoBack: true,
    placeholder: l10n.t('Why not? (may be empty)'),
    prompt: l10n.t('The agent is told this reason, and goes on without the tool.'),
  });
  return typeof reason === 'string' ? denial(reason) : back;
}

type Answers = ReadonlyMap<string, readonly string[]>;

async function askQuestions({ questions = [] }: BreakpointView, session: string, frame: Step): Promise<Decision> {
  const steps = questions.map((question, index) => ({
    applies: () => true,
    ask: async (chosen: Answers, { first }: { readonly first: boolean }): Promise<Answers | Back> => {
      const labels = await askQuestion(question, chosen.get(question.question) ?? [], {
        ...frame,
        title: oneLine(question.header ?? frame.title, 80),
        placeholder: oneLine(question.question, 300),
        canGoBack: !first,
        ...(questions.length > 1 ? { place: [index + 1, questions.length] as const } : {}),
      });
      return labels === back ? back : new Map([...chosen, [question.question, labels]]);
    },
  }));
  const answers = await runSteps<Answers>(new Map(), steps);
  return answers.size === 0
    ? denial(l10n.t('{0} asked nothing that can be answered.', session))
    : questionAnswer(answers);
}

type Question = NonNullable<BreakpointView['questions']>[number];

async function askQuestion(
  question: Question,
  before: readonly string[],
  frame: Step,
): Promise<readonly string[] | Back> {
  const offered = question.options.map(({ label, description }) => ({
    label: oneLine(label, 200),
    ...(description === undefined ? {} : { detail: oneLine(description, 400) }),
    picked: before.includes(label),
    gives: label,
  }));
  const typed = (text: string): { label: string; icon: string; gives: string } => ({
    label: l10n.t('Answer: {0}', text),
    icon: 'edit',
    gives: text,
  });
  if (!question.multiSelect) {
    const active = before[0] === undefined ? {} : { active: before[0] };
    const one = await pickOne(offered, { ...frame, typed, ...active });
    return one === back ? back : [one];
  }
  for (;;) {
    const many = await pickMany(offered, { ...frame, typed });
    if (many === back || many.length > 0) return many;
  }
}

async function askSecrets(need: BreakpointView, session: string, frame: Step, keep: Keep): Promise<Decision> {
  for (;;) {
    const way = await pickOne<'keep' | 'once' | 'without' | 'abort'>(
      [
        {
          label: l10n.t('Provide and Keep in VS Code…'),
          icon: 'key',
          detail: l10n.t('in the secret storage of VS Code, for later sessions, too'),
          gives: 'keep',
        },
        {
          label: l10n.t('Provide for Now…'),
          icon: 'watch',
          detail: l10n.t('in the memory of the engine, until it ends'),
          gives: 'once',
        },
        { label: l10n.t('Go On Without'), icon: 'debug-step-over', gives: 'without' },
        { label: l10n.t('Stop the Session'), icon: 'debug-stop', gives: 'abort' },
      ],
      { ...frame, placeholder: session },
    );
    if (way === 'without') return { answer: { choice: 'deny' } };
    if (way === 'abort') return { answer: { choice: 'abort' } };
    const values = await askValues(need.secrets ?? [], frame);
    if (values === back) continue;
    if (way === 'keep') for (const [name, value] of values) await keep.secret(name, value);
    return { answer: { choice: 'allow' }, requester: { env: {}, secrets: Object.fromEntries(values) } };
  }
}

async function askValues(names: readonly string[], frame: Step): Promise<ReadonlyMap<string, string> | Back> {
  const values = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const value = await askText({
      ...frame,
      canGoBack: true,
      secret: true,
      prompt: l10n.t('The value of {0}. It is not written to any file or log.', oneLine(name, 100)),
      ...(names.length > 1 ? { place: [index + 1, names.length] as const } : {}),
      check: (text) => (text === '' ? l10n.t('The value is empty.') : undefined),
    });
    if (typeof value !== 'string') return back;
    values.set(name, value);
  }
  return values;
}
