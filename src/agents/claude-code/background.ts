import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, listOf, wordOf, type Fields } from '../fields.ts';
import { plainText } from '../plain-text.ts';

/** Ends of a background job. */
const over: readonly unknown[] = ['completed', 'failed', 'killed', 'stopped', 'cancelled'];

/**
 * Counts the background jobs of a process. Since 2.1.3xx `background_tasks_changed` gives the whole set at each change;
 * older versions (2.1.197) only say when a job starts and ends, without saying whether it is in the background.
 */
export class Background {
  readonly #started = new Set<string>();
  #count = 0;

  /** The event of a `system` line about jobs; undefined when the line is about something else. */
  event(fields: Fields): readonly AgentEvent[] | undefined {
    switch (fields['subtype']) {
      case 'background_tasks_changed':
        return this.#changed(listOf(fields['tasks']).filter((task) => fieldsOf(task)?.['ambient'] !== true).length);
      case 'task_started':
        return this.#edge(fields, true);
      case 'task_updated':
        return over.includes(fieldsOf(fields['patch'])?.['status']) ? this.#edge(fields, false) : [];
      case 'task_notification':
        return [...this.#edge(fields, false), ...notice(fields)];
      default:
        return undefined;
    }
  }

  #edge(fields: Fields, starts: boolean): readonly AgentEvent[] {
    const task = wordOf(fields['task_id']);
    if (task === undefined) return [];
    if (starts) {
      // Who says this also sends the whole set.
      if ('is_backgrounded' in fields) return [];
      this.#started.add(task);
      return this.#changed(this.#started.size);
    }
    return this.#started.delete(task) ? this.#changed(this.#started.size) : [];
  }

  #changed(tasks: number): readonly AgentEvent[] {
    if (tasks === this.#count) return [];
    this.#count = tasks;
    return [{ kind: 'background', tasks }];
  }
}

function notice(fields: Fields): AgentEvent[] {
  const summary = wordOf(fields['summary']);
  const severity = fields['status'] === 'completed' ? 'info' : 'warning';
  return summary === undefined ? [] : [{ kind: 'notice', severity, text: plainText(summary, 500) }];
}
