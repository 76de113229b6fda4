import type { Recorded } from '../events.ts';
import type { Repository } from './state.ts';

/**
 * Folds grants and withdrawals of trust; each replaces what held before. Distrust takes the consent for the host with
 * it.
 */
export function reduceRepository(repository: Repository | undefined, event: Recorded): Repository | undefined {
  if (event.type === 'repository.trusted') {
    const { data, at } = event;
    return { id: data.repository, root: data.root, trusted: true, host: data.host, by: data.by, at };
  }
  if (event.type === 'repository.distrusted') {
    const { data, at } = event;
    return { id: data.repository, root: data.root, trusted: false, host: false, by: data.by, at };
  }
  return repository;
}
