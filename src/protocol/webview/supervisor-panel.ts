/** What the supervisor panel and the extension say to each other. */
import type { ReportView, SupervisionView } from '../supervision-views.ts';
import { command, notification, request } from './kinds.ts';
import type { Standing } from './session-panel.ts';

/** The session that is shown, as far as the panel names it. */
export interface SupervisedSession {
  readonly id: string;
  readonly title: string;
  /** Its first prompt, as it was given. */
  readonly goal: string;
}

/** One of the texts of a judged turn: the question to the model, the prompt that was sent, or what gate number `at` (from 0) printed. */
export interface JudgedText {
  readonly turn: number;
  readonly what: 'review' | 'gate' | 'prompt';
  readonly at: number;
}

/** A person's word on a turn. */
export interface Comment {
  readonly turn: number;
  readonly good?: boolean;
  readonly unnecessary?: boolean;
}

/** The one contract of the supervisor panel. */
export const SupervisorPanelApi = {
  /** The page is there and wants everything that follows. */
  ready: request<
    Record<string, never>,
    { readonly session?: SupervisedSession; readonly supervision?: SupervisionView; readonly standing: Standing }
  >(),
  /** What the record of the session's repository says of the supervisor. */
  report: request<Record<string, never>, ReportView>(),
  /** A text as it was; `cut` when only its end fits. */
  read: request<JudgedText, { readonly text: string; readonly cut: boolean }>(),
  comment: request<Comment, Record<string, never>>(),

  show: command<{ readonly what: 'session' | 'tree' }>(),
  /** Something in the page broke; the extension logs it. */
  broke: command<{ readonly what: string }>(),

  session: notification<SupervisedSession>(),
  supervision: notification<SupervisionView>(),
  standing: notification<Standing>(),
} as const;
export type SupervisorPanelApi = typeof SupervisorPanelApi;
