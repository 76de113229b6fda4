import type { ConversationPoint } from '../checkpoint/state.ts';
import type { Session, TurnNote } from '../session/state.ts';

/**
 * How the conversation with an agent gets back to where it stood at a checkpoint: it is there (`same`), the agent takes it up
 * at that point (`resume`), it begins anew with an account of what had been (`summary`), or anew with nothing to tell (`fresh`).
 */
export const conversationWays = ['same', 'resume', 'summary', 'fresh'] as const;
export type ConversationWay = (typeof conversationWays)[number];

/**
 * A conversation that was rolled back and that no agent has taken up since: how the next start begins. The conversation
 * itself is left as it was, so that this can be taken back.
 */
export interface Rewound {
  /** The agent's own conversation, and its last message that counts. Absent when the next one begins anew. */
  readonly from?: { readonly agentSession: string; readonly position: string };
  /** Goes before the next prompt. */
  readonly summary?: string;
}

/** @param canResume whether the agent can take a conversation up at an earlier point. */
export function conversationWay(session: Session, point: ConversationPoint, canResume: boolean): ConversationWay {
  const { agentSession, position, rewound, turns } = session;
  if (rewound === undefined && turns === point.turns) return 'same';
  if (position !== undefined && position === point.position && agentSession === point.agentSession) return 'same';
  if (point.turns === 0) return 'fresh';
  return canResume && point.agentSession !== undefined && point.position !== undefined ? 'resume' : 'summary';
}

/** What the next start begins with; undefined when the conversation is where it shall be. */
export function rewindTo(session: Session, point: ConversationPoint, way: ConversationWay): Rewound | undefined {
  const { agentSession, position } = point;
  switch (way) {
    case 'same':
      return undefined;
    case 'fresh':
      return {};
    case 'resume':
      return agentSession === undefined || position === undefined ? {} : { from: { agentSession, position } };
    case 'summary':
      return { summary: summaryOf(session, point) };
  }
}

/** The text of a prompt as it is given: the first one after a rollback may carry what the agent no longer knows. */
export function spoken({ rewound }: Session, text: string): string {
  return rewound?.summary === undefined ? text : `${rewound.summary}\n\n${text}`;
}

/** As much of the task as an agent is told again, characters. */
const goalLimit = 4000;

function summaryOf({ goal, turnNotes = [] }: Session, { turns }: ConversationPoint): string {
  const done = turnNotes.filter(({ n }) => n <= turns).map(lineOf);
  return [
    'A person has rolled this work back to an earlier state. The conversation of that time cannot be continued, so this is its account.',
    `It began with:\n${goal.slice(0, goalLimit)}`,
    ...(done.length === 0 ? [] : [`Turns that count:\n${done.join('\n')}`]),
    'What was done later does not count, and the files are as the person left them: look at them before you go on.',
  ].join('\n\n');
}

function lineOf({ n, about, outcome }: TurnNote): string {
  return `${n}. ${about ?? '(no prompt)'}${outcome === undefined ? '' : ` (${outcome})`}`;
}
