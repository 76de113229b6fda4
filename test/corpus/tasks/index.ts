/** All tasks of the corpus. */
import type { Task } from '../task.ts';
import { leap, merge, page, range } from './logic.ts';
import { config, docs, flag, rename } from './project.ts';
import { csv, escape, roman, slug } from './text.ts';

/** In the order in which they are played. */
export const tasks: readonly Task[] = [slug, csv, escape, roman, range, leap, merge, page, rename, flag, docs, config];
