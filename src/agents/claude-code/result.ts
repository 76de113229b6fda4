import type { AgentEvent, TurnOutcome } from '../../core/agent/events.ts';
import type { ContextFill } from '../../core/agent/usage.ts';
import { defined } from '../../core/defined.ts';
import { fieldsOf, listOf, numberOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';
import { usageOfResult, windowsOf } from './usage.ts';

/** What the reader kept of a turn until its `result`. */
export interface SeenTurn {
  readonly notes: TurnNotes;
  /** How full the main conversation is, given how many tokens fit by model. */
  context(windows: ReadonlyMap<string, number>): ContextFill | undefined;
}

/** What was seen of a turn before its `result`. */
export interface TurnNotes {
  /** The error that a synthetic assistant message named. */
  readonly error?: string;
  /** When the limit of the subscription that was used up is over, milliseconds since 1970. */
  readonly resetsAt?: number;
  /** Wait before the last retry of a request, milliseconds. */
  readonly retryDelayMs?: number;
}

type Ended = Extract<AgentEvent, { kind: 'turn-ended' }>;

/** Words for an end that say nothing: the error behind them says more. Old versions call a failed turn `completed`. */
const vague: readonly string[] = ['api_error', 'completed', 'model_error', 'success', 'unknown'];
const vagueErrors: readonly string[] = ['server_error', 'invalid_request', 'unknown'];
const limits: readonly string[] = ['max_turns', 'budget_exhausted', 'blocking_limit'];
/** There is no other mark of a conversation that cannot be taken up. */
const noConversation = 'No conversation found';
/** One word for what versions call differently. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['error_max_turns', 'max_turns'],
  ['error_max_budget_usd', 'budget_exhausted'],
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limit'],
  ['authentication_error', 'authentication_failed'],
]);
const aborts: readonly string[] = ['aborted_streaming', 'aborted_tools', 'hook_stopped', 'stop_hook_prevented'];

/**
 * A `result` as the end of a turn. Neither `subtype` nor an exit code tells success from failure: a request that the
 * service refused ends as `success` with `is_error`, an interrupted turn in some cases as `success` without it.
 */
export function turnEnded(result: Fields, turn: SeenTurn): Ended {
  const { notes } = turn;
  const status = numberOf(result['api_error_status']);
  const word = reasonOf(result, notes, status);
  const reason = plainLine(synonyms.get(word) ?? word, 80);
  const outcome = outcomeOf(result, reason, status);
  const text = wordsOf(result);
  // Only 429 comes with a time of the service; the waits before other repeats are the agent's own.
  const isLimited = status === 429 && outcome === 'rate-limited';
  const retryAt = isLimited ? notes.resetsAt : undefined;
  const limited = isLimited && retryAt === undefined && notes.retryDelayMs !== undefined;
  return {
    kind: 'turn-ended',
    outcome,
    reason,
    ...defined({ text, context: turn.context(windowsOf(result)) }),
    usage: usageOfResult(result),
    denials: listOf(result['permission_denials']).length,
    ...defined({ retryAt }),
    ...(limited ? { retryAfterS: Math.ceil((notes.retryDelayMs ?? 0) / 1000) } : {}),
    ...(outcome === 'success' || status === undefined ? {} : { status }),
    ...(fieldsOf(result['origin'])?.['kind'] === 'task-notification' ? { followUp: true } : {}),
  };
}

function outcomeOf(result: Fields, reason: string, status: number | undefined): TurnOutcome {
  if (aborts.includes(reason)) return 'interrupted';
  if (limits.includes(reason)) return 'limit';
  if (result['is_error'] === false && result['subtype'] === 'success' && reason === 'completed') return 'success';
  return status === 429 || status === 529 || ['rate_limit', 'overloaded'].includes(reason) ? 'rate-limited' : 'failed';
}

/** The most telling word for the end that the agent gave. */
function reasonOf(result: Fields, notes: TurnNotes, status: number | undefined): string {
  const terminal = wordOf(result['terminal_reason']);
  const subtype = wordOf(result['subtype']) ?? 'unknown';
  if (result['stop_reason'] === 'refusal') return 'refusal';
  // A command of the agent's own (`/compact`) ends without a reason.
  if (result['is_error'] === false && subtype === 'success') return terminal ?? 'completed';
  if (terminal !== undefined && !vague.includes(terminal)) return terminal;
  if (status === 529) return 'overloaded';
  if (listOf(result['errors']).some((error) => textOf(error)?.startsWith(noConversation)))
    return 'unknown conversation';
  if (terminal === undefined && !vague.includes(subtype)) return subtype;
  const errors = [wordOf(result['api_error']), notes.error, wordOf(result['api_error_type'])];
  const telling = errors.find((each) => each !== undefined && !vagueErrors.includes(each));
  return telling ?? notes.error ?? 'api_error';
}

/** What the agent said last: its answer, or its errors without those that are meant for its makers. */
function wordsOf(result: Fields): string | undefined {
  const answer = wordOf(result['result']);
  if (answer !== undefined) return answer;
  const errors = listOf(result['errors']).map((each) => textOf(each) ?? '');
  const told = errors.filter((each) => each !== '' && !each.startsWith('[ede_diagnostic]'));
  return told.length === 0 ? undefined : plainText(told.join('\n'));
}
