import type { Connection } from '../../protocol/client/connect.ts';
import type { NotificationOf } from '../../protocol/client/wire.ts';
import type { StreamEventView } from '../../protocol/schemas.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { onEveryConnection, type EngineLink } from './link.ts';

/** Sees the output of a session. */
export interface Follower {
  /** Events in order, each once, whatever becomes of engines and connections. */
  events(events: readonly StreamEventView[]): void;
  /** The present stretch of work has ended and all its output was handed over; a later one goes on with `events`. */
  ended(): void;
  /** The engine cannot read what there is to see; nothing more comes. */
  failed(): void;
}

/** What is followed, from which byte of its stream on (0 = the beginning). */
export interface Followed {
  readonly session: string;
  readonly from: number;
}

/** Follows the output of a session until disposed. */
export function followSession(link: EngineLink, { session, from }: Followed, follower: Follower, log: Log): Disposable {
  const owner = new Disposables();
  let offset = from;
  let following = false;
  let stop = (): void => undefined;
  let again = (): void => undefined;

  const take = ({ events, ended, problem }: NotificationOf<'stream'>): void => {
    const fresh = offset === 0 ? events : events.filter((each) => each.offset > offset);
    offset = Math.max(offset, ...fresh.map((each) => each.offset));
    if (fresh.length > 0) follower.events(fresh);
    if (!ended) return;
    following = false;
    if (problem === undefined) follower.ended();
    else follower.failed();
  };

  const begin = (on: Connection): (() => void) => {
    let number: number | undefined;
    const early: NotificationOf<'stream'>[] = [];
    const end = on.on('stream', (given) => {
      if (number === undefined) early.push(given);
      else if (given.follow === number) take(given);
    });
    following = true;
    const begun = on.request('session/follow', { session, from: offset });
    begun.then(
      ({ follow }) => {
        number = follow;
        for (const given of early) if (given.follow === follow) take(given);
      },
      (error: unknown) => {
        following = false;
        log.debug(`Session ${session} is not followed.`, error);
      },
    );
    return () => {
      end();
      early.length = 0; // nobody is there for them
      begun.then(({ follow }) => on.request('session/unfollow', { follow })).catch(() => undefined);
    };
  };

  owner.add(
    onEveryConnection(link, (on) => {
      again = () => {
        stop();
        stop = begin(on);
      };
      again();
      return () => stop();
    }),
  );
  owner.add(
    link.onRecords((records) => {
      if (following) return;
      if (records.some(({ type, data }) => type === 'session.admitted' && data['session'] === session)) again();
    }),
  );
  return owner;
}
