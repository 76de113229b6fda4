/** The steps of New Session… */
import { basename, dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { back, type Back } from '../quick/back.ts';
import { askText, pickOne, type Choice, type Heading, type Step } from '../quick/quick.ts';
import { runSteps, type Asked } from '../quick/steps.ts';
import { bySettings, findAgents, quietly, settingsChoice, type Found } from './agents.ts';
import { contextLine } from './context-text.ts';
import type { Draft } from './draft.ts';
import { askRest } from './rest.ts';

/** The user wants to write the prompt in an editor, beginning with this. */
export interface ToEditor {
  readonly editor: string;
}

type State = Draft & Partial<ToEditor>;

/** Asks for what is not in the draft yet, and for the prompt unless it `hasPrompt` for good. Throws a `CancellationError` when the user gives up. */
export async function completeDraft(app: App, begin: Draft, hasPrompt: boolean): Promise<Draft | ToEditor> {
  const roots = [...new Set(app.places.list.map(({ root }) => root))];
  const draft = { ...begin, repository: begin.repository ?? (roots.length === 1 ? roots[0] : undefined) };
  const agents = findAgents(app);
  agents.catch(() => undefined); // told by the step that waits for it
  const asksRepository = draft.repository === undefined;
  const of = 2 + Number(!hasPrompt) + Number(asksRepository);
  const step = (n: number, first: boolean): Step => ({
    title: l10n.t('New Session'),
    place: [n, of],
    canGoBack: !first,
  });
  const goesOn = ({ editor }: State): boolean => editor === undefined;
  const steps: Asked<State>[] = [
    { applies: () => asksRepository, ask: (state, { first }) => askRepository(state, roots, step(1, first)) },
    { applies: () => !hasPrompt, ask: (state, { first }) => askPrompt(state, step(of - 2, first)) },
    { applies: goesOn, ask: async (state, { first }) => askAgent(state, await agents, step(of - 1, first)) },
    { applies: goesOn, ask: (state, { first }) => askRest(app, state, step(of, first)) },
  ];
  const state = await runSteps<State>(draft, steps);
  return state.editor === undefined ? state : { editor: state.editor };
}

async function askRepository(state: State, roots: readonly string[], step: Step): Promise<State | Back> {
  const choices = roots.map((root) => ({
    label: basename(root),
    description: dirname(root),
    icon: 'repo',
    gives: root,
  }));
  const root = await pickOne(choices, { ...step, placeholder: l10n.t('Choose a repository') });
  return root === back ? back : { ...state, repository: root };
}

async function askPrompt(state: State, step: Step): Promise<State | Back> {
  const text = await askText({
    ...step,
    value: state.prompt,
    placeholder: l10n.t('What should the agent do?'),
    prompt:
      state.context === ''
        ? l10n.t('It works in a worktree of its own.')
        : l10n.t('Goes along: {0}', oneLine(contextLine(state.context), 120)),
    buttons: [{ icon: 'edit', tooltip: l10n.t('Write a Longer Prompt in an Editor'), gives: 'editor' }],
    check: (typed) => (typed.trim() === '' ? l10n.t('The prompt is empty.') : undefined),
  });
  if (text === back) return back;
  if (typeof text === 'string') return { ...state, prompt: text };
  return { ...state, editor: state.context === '' ? text.text : `${text.text}\n\n${state.context}` };
}

async function askAgent(state: State, agents: readonly Found[], step: Step): Promise<State | Back> {
  const usable = agents.filter((each) => each.usable);
  const before = usable.find(({ id }) => id === state.agent)?.id;
  const missing = agents.filter(({ usable }) => !usable);
  const named = usable.map(agentChoice);
  // First, and so taken by Enter alone, where that agent can be started here.
  const choices: (Choice<string | typeof bySettings> | Heading)[] = [
    ...(usable.some(({ standard }) => standard) ? [settingsChoice(), ...named] : [...named, settingsChoice()]),
    ...(missing.length === 0 ? [] : [{ heading: l10n.t('not usable here') }]),
    ...missing.map(agentChoice),
  ];
  const active = before === undefined ? {} : { active: before };
  const agent = await pickOne<string | typeof bySettings>(choices, {
    ...step,
    placeholder: l10n.t('Choose an agent'),
    ...active,
  });
  return agent === back ? back : { ...state, agent: agent === bySettings ? undefined : agent };
}

function agentChoice({ id, detail, fix, usable }: Found): Choice<string> {
  return {
    label: oneLine(id, 64),
    description: id === 'demo' && usable ? l10n.t('comes with Coppice; no account, no model') : quietly(detail, 120),
    icon: usable ? 'hubot' : 'circle-slash',
    ...(usable || fix === undefined ? {} : { detail: quietly(fix, 200) }),
    gives: id,
  };
}
