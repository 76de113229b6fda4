/** What a person has granted to a repository (design §2: trust is a journalled grant). */
export interface Repository {
  readonly id: string;
  readonly root: string;
  readonly trusted: boolean;
  /** Autonomous work on the bare host is allowed. */
  readonly host: boolean;
  readonly by: string;
  readonly at: number;
}

/**
 * Data of the events about repositories. `by` is who decided, `host` the consent to unattended work on the bare host.
 */
export interface RepositoryEvents {
  'repository.trusted': { repository: string; root: string; host: boolean; by: string };
  'repository.distrusted': { repository: string; root: string; by: string };
  /** The repository is at another path. `bound` holds ids of what is bound to it, by kind. */
  'repository.moved': {
    from: { id: string; root: string; common: string };
    to: { id: string; root: string; common: string };
    trusted: boolean;
    host: boolean;
    by: string;
    bound: Readonly<Record<'session' | 'worktree' | 'landing' | 'judgement' | 'stop' | 'grant', readonly string[]>>;
  };
}
