/** The last step of New Session…: start, or change how and where first. */
import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { back, type Back } from '../quick/back.ts';
import { askText, pickOne, type Choice, type Heading, type Step } from '../quick/quick.ts';
import { bySettings, findExecutors, quietly, settingsChoice, type Found } from './agents.ts';
import { draftText, labelsOf, modeText, offeredModes, offeredPriorities, priorityText, type Draft } from './draft.ts';

type Rest = 'start' | 'mode' | 'executor' | 'worktree' | 'base' | 'priority' | 'labels';

/** Start is one Enter away; everything else can be changed first. */
export async function askRest<S extends Draft>(app: App, begin: S, step: Step): Promise<S | Back> {
  let state = begin;
  for (;;) {
    const chosen = await pickOne(restChoices(state), {
      ...step,
      placeholder: l10n.t('Enter starts: {0}', oneLine(state.prompt, 200)),
    });
    if (chosen === back) return back;
    if (chosen === 'start') return state;
    const changed = await change(app, state, chosen, { ...step, canGoBack: true });
    if (changed !== back) state = { ...state, ...changed };
  }
}

function restChoices(draft: Draft): readonly (Choice<Rest> | Heading)[] {
  const { mode, executor, worktree, base, priority, labels } = draft;
  const where = worktree ?? l10n.t('one of its own');
  const from = base ?? l10n.t('where the main checkout is');
  return [
    { label: l10n.t('Start'), icon: 'play', description: draftText(draft), gives: 'start' },
    { heading: l10n.t('change first') },
    { label: l10n.t('Mode…'), icon: 'settings', description: modeText(mode).label, gives: 'mode' },
    {
      label: l10n.t('Executor…'),
      icon: 'vm',
      description: oneLine(executor ?? l10n.t('as in the settings'), 120),
      gives: 'executor',
    },
    { label: l10n.t('Worktree…'), icon: 'repo-forked', description: oneLine(where, 120), gives: 'worktree' },
    { label: l10n.t('Base…'), icon: 'git-branch', description: oneLine(from, 120), gives: 'base' },
    { label: l10n.t('Priority…'), icon: 'arrow-up', description: priorityText(priority), gives: 'priority' },
    { label: l10n.t('Labels…'), icon: 'tag', description: oneLine(labels.join(', '), 120), gives: 'labels' },
  ];
}

async function change(
  app: App,
  draft: Draft,
  what: Exclude<Rest, 'start'>,
  step: Step,
): Promise<Partial<Draft> | Back> {
  switch (what) {
    case 'mode': {
      const choices = offeredModes.map((mode) => ({ ...modeText(mode), gives: mode }));
      const mode = await pickOne(choices, { ...step, placeholder: l10n.t('Choose a mode'), active: draft.mode });
      return mode === back ? back : { mode };
    }
    case 'executor':
      return askExecutor(app, draft, step);
    case 'worktree':
      return askWorktree(app, draft, step);
    case 'base': {
      const placeholder = l10n.t('branch, tag or commit; empty: where the main checkout is');
      const base = await askText({ ...step, value: draft.base ?? '', placeholder });
      if (typeof base !== 'string') return back;
      return { base: base.trim() === '' ? undefined : base.trim() };
    }
    case 'priority': {
      const choices = offeredPriorities.map((each) => ({ label: priorityText(each), gives: each }));
      const placeholder = l10n.t('Which lane of the queue?');
      const priority = await pickOne(choices, { ...step, placeholder, active: draft.priority });
      return priority === back ? back : { priority };
    }
    case 'labels': {
      const placeholder = l10n.t('labels with commas between, such as area:auth, team:web; empty: none');
      const labels = await askText({ ...step, value: draft.labels.join(', '), placeholder });
      return typeof labels === 'string' ? { labels: labelsOf(labels) } : back;
    }
  }
}

/** Executors on other hosts begin with this. */
const overSsh = 'ssh:';

/** What the settings say, then those that were found working; the others say what to do. */
async function askExecutor(app: App, draft: Draft, step: Step): Promise<Partial<Draft> | Back> {
  const executors = await findExecutors(app);
  const missing = executors.filter(({ usable }) => !usable);
  const choices: (Choice<string | typeof bySettings> | Heading)[] = [
    settingsChoice(),
    ...executors.filter(({ usable }) => usable).map(executorChoice),
    { label: l10n.t('Another Host over SSH…'), icon: 'remote', gives: overSsh },
    ...(missing.length === 0 ? [] : [{ heading: l10n.t('not usable here') }]),
    ...missing.map(executorChoice),
  ];
  const executor = await pickOne<string | typeof bySettings>(choices, {
    ...step,
    placeholder: l10n.t('Where should it run?'),
    active: draft.executor ?? bySettings,
  });
  if (executor === back) return back;
  if (executor === bySettings) return { executor: undefined };
  if (executor !== overSsh) return { executor };
  const before = draft.executor?.startsWith(overSsh) === true ? draft.executor.slice(overSsh.length) : '';
  const placeholder = l10n.t('a host as you name it for ssh, such as build1 or me@build1.example.com');
  const host = await askText({ ...step, value: before, placeholder });
  return typeof host === 'string' && host.trim() !== '' ? { executor: `${overSsh}${host.trim()}` } : back;
}

function executorChoice({ id, detail, fix, usable }: Found): Choice<string> {
  return {
    label: oneLine(id, 64),
    description: quietly(detail, 120),
    icon: usable ? 'vm' : 'circle-slash',
    ...(usable || fix === undefined ? {} : { detail: quietly(fix, 200) }),
    gives: id,
  };
}

const own = Symbol('own');

async function askWorktree({ link }: App, draft: Draft, step: Step): Promise<Partial<Draft> | Back> {
  const { worktrees } = await link.request('worktree/list', { path: draft.repository ?? '' });
  const free = worktrees.filter(({ kind, holder }) => kind === 'ours' && holder === undefined);
  const choices: (Choice<string | typeof own> | Heading)[] = [
    { label: l10n.t('One of Its Own'), icon: 'add', gives: own },
    ...(free.length === 0 ? [] : [{ heading: l10n.t('go on in') }]),
    ...free.map(({ path, branch }) => ({
      label: basename(path),
      description: branch ?? '',
      icon: 'repo-forked',
      gives: path,
    })),
  ];
  const chosen = await pickOne(choices, { ...step, placeholder: l10n.t('Where should it work?') });
  if (chosen === back) return back;
  return { worktree: chosen === own ? undefined : chosen };
}
