/** A session that is being put together, and the request that makes it. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { ParamsOf, Requests } from '../../protocol/contract.ts';
import { joined } from '../sessions/joined.ts';

type Params = ParamsOf<Requests, 'session/create'>;
export type Mode = NonNullable<Params['mode']>;
export type Priority = NonNullable<Params['priority']>;

/** What was chosen so far. */
export interface Draft {
  /** Main checkout. */
  readonly repository: string | undefined;
  readonly prompt: string;
  /** What the prompt is about, added below it. */
  readonly context: string;
  /** Undefined: the one that the settings say. */
  readonly agent: string | undefined;
  readonly mode: Mode;
  /** Where it runs; undefined: where the settings say. */
  readonly executor: string | undefined;
  /** Path of a worktree to work in; undefined: one of its own. */
  readonly worktree: string | undefined;
  /** Where the branch starts; undefined: where the main checkout is. */
  readonly base: string | undefined;
  readonly priority: Priority;
  /** What it counts as where that is limited. */
  readonly labels: readonly string[];
}

/** What is remembered from one session to the next, in a workspace: of the prompt, one whose session could not be started. */
export type Remembered = Pick<Draft, 'agent' | 'mode' | 'prompt'>;

/** The modes that a person starts. */
export const offeredModes = ['autonomous', 'interactive', 'planning', 'dispatch'] as const satisfies readonly Mode[];

/** The lanes of the queue, from the first one. */
export const offeredPriorities = ['critical', 'high', 'normal'] as const satisfies readonly Priority[];

/** A draft with nothing in it but what was chosen the last time. */
export function emptyDraft(remembered: Partial<Remembered> = {}): Draft {
  return {
    repository: undefined,
    prompt: typeof remembered.prompt === 'string' ? remembered.prompt : '',
    context: '',
    agent: typeof remembered.agent === 'string' ? remembered.agent : undefined,
    mode: offeredModes.find((each) => each === remembered.mode) ?? 'autonomous',
    executor: undefined,
    worktree: undefined,
    base: undefined,
    priority: 'normal',
    labels: [],
  };
}

/** A mode in a line. */
export function modeText(mode: Mode): { readonly label: string; readonly detail: string } {
  switch (mode) {
    case 'autonomous':
      return { label: l10n.t('Autonomous'), detail: l10n.t('works alone until done; commits what it made') };
    case 'interactive':
      return { label: l10n.t('Interactive'), detail: l10n.t('stays open for your prompts; starts at once') };
    case 'planning':
      return { label: l10n.t('Planning'), detail: l10n.t('makes a plan and changes nothing else') };
    case 'dispatch':
      return { label: l10n.t('Dispatch'), detail: l10n.t('starts at once, beside the queue; commits nothing') };
    case 'orchestration':
      return { label: l10n.t('Orchestration'), detail: l10n.t('starts and follows other sessions') };
  }
}

/** A lane of the queue in words. */
export function priorityText(priority: Priority): string {
  switch (priority) {
    case 'critical':
      return l10n.t('critical: before all others, also in a reserved place');
    case 'high':
      return l10n.t('first in line');
    case 'normal':
      return l10n.t('normal');
  }
}

/** The labels of a line that a person wrote, with commas between. */
export function labelsOf(text: string): readonly string[] {
  return text.split(',').flatMap((each) => each.trim() || []);
}

/** `demo · Autonomous · own worktree`: the choices in a line. */
export function draftText({ agent, mode, executor, worktree, base, priority, labels }: Draft): string {
  const where = worktree === undefined ? l10n.t('own worktree') : oneLine(worktree, 80);
  const from = base === undefined ? '' : l10n.t('from {0}', oneLine(base, 60));
  const place = oneLine(executor ?? '', 60);
  return joined(
    oneLine(agent ?? l10n.t('agent as in the settings'), 60),
    modeText(mode).label,
    place,
    where,
    from,
    priority === 'normal' ? '' : priorityText(priority),
    oneLine(labels.join(', '), 60),
  );
}

/** The request. `id` is the session's, so that it can be sent again. */
export function requestOf(
  { repository, prompt, context, agent, mode, executor, worktree, base, priority, labels }: Draft,
  id: string,
  requester: Params['requester'],
): Params {
  return {
    id,
    path: repository ?? '',
    prompt: context === '' ? prompt : `${prompt}\n\n${context}`,
    mode,
    priority,
    labels: [...labels],
    requester,
    ...(agent === undefined ? {} : { agent }),
    ...(executor === undefined ? {} : { executor }),
    ...(worktree === undefined ? {} : { worktree }),
    ...(base === undefined ? {} : { base }),
  };
}
