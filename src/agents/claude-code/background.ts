import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, listOf, wordOf, type Fields } from '../fields.ts';
import { plainText } from '../plain-text.ts';

/** Ends of a background job. */
const over: readonly unknown[] = ['completed', 'failed', 'killed', 'stopped', 'cancelled'];
/** Ends that the agent takes as a reason to go on working, in a turn of its own. */
const telling: readonly unknown[] = ['completed', 'failed'];

/**
 * Counts the background jobs of a process. Since 2.1.3xx `background_tasks_changed` gives the whole set at each change;
 * older versions (2.1.197) only say when a job starts and ends, without saying whether it is in the background.
 *
 * A job that ends between two turns makes the agent begin a turn by itself about 100 ms later. It counts until that turn is
 * over: whoever took the process for idle and closed its input would have every question of that turn refused.
 */
export class Background {
  readonly #started = new Set<string>();
  #jobs = 0;
  #owesTurn = false;

  /** The event of a `system` line about jobs; undefined when the line is about something else. */
  event(fields: Fields, betweenTurns: boolean): readonly AgentEvent[] | undefined {
    switch (fields['subtype']) {
      case 'background_tasks_changed':
        this.#jobs = listOf(fields['tasks']).filter((task) => fieldsOf(task)?.['ambient'] !== true).length;
        return this.#count();
      case 'task_started':
        return this.#starts(fields);
      case 'task_updated':
        return this.#ended(fields, fieldsOf(fields['patch'])?.['status'], betweenTurns);
      case 'task_notification':
        if (betweenTurns && telling.includes(fields['status'])) this.#owesTurn = true;
        return [...this.#ended(fields, fields['status'], betweenTurns), ...notice(fields)];
      default:
        return undefined;
    }
  }

  /** A turn is over, or the agent says that it is idle. */
  settled(): readonly AgentEvent[] {
    if (!this.#owesTurn) return [];
    this.#owesTurn = false;
    return this.#count();
  }

  #starts(fields: Fields): readonly AgentEvent[] {
    const task = wordOf(fields['task_id']);
    // Who says whether a job is in the background also sends the whole set.
    if (task === undefined || 'is_backgrounded' in fields) return [];
    this.#started.add(task);
    this.#jobs = this.#started.size;
    return this.#count();
  }

  #ended(fields: Fields, status: unknown, betweenTurns: boolean): readonly AgentEvent[] {
    if (!over.includes(status) || !this.#started.delete(wordOf(fields['task_id']) ?? '')) return [];
    if (betweenTurns && telling.includes(status)) this.#owesTurn = true;
    this.#jobs = this.#started.size;
    return this.#count();
  }

  #count(): readonly AgentEvent[] {
    return [{ kind: 'background', tasks: this.#jobs + (this.#owesTurn ? 1 : 0) }];
  }
}

function notice(fields: Fields): AgentEvent[] {
  const summary = wordOf(fields['summary']);
  const severity = fields['status'] === 'completed' ? 'info' : 'warning';
  return summary === undefined ? [] : [{ kind: 'notice', severity, text: plainText(summary, 500) }];
}
