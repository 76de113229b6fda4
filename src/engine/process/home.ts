/** Where things are in a data directory. Paths only; journal and snapshots are known to the state room alone. */
import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import { addressPath } from '../../protocol/client/address.ts';
import { logPath } from '../../protocol/client/launch.ts';

/** Absolute paths in a data directory. */
export interface HomeLayout {
  /** The data directory itself, as its real path. */
  readonly root: string;
  /** Address of the running engine. */
  readonly address: string;
  /** The lock of the one engine that owns the data directory. */
  readonly lock: string;
  readonly log: string;
  readonly sessions: string;
  /** Folder of a session. Throws `bad-usage` for what is not an id. */
  session(id: string): string;
  /** Folder of the files that an engine of a version runs from. */
  engine(version: string): string;
}

const name = /^[A-Za-z0-9][\w.+-]*$/;

/** The layout of the data directory at `root`, its real path. Nothing is made and nothing looked at. */
export function homeLayout(root: string): HomeLayout {
  const sessions = join(root, 'sessions');
  return {
    root,
    address: addressPath(root),
    lock: join(root, 'lock'),
    log: logPath(root),
    sessions,
    session: (id) => join(sessions, plain(id)),
    engine: (version) => join(root, 'engine', plain(version)),
  };
}

function plain(text: string): string {
  if (name.test(text)) return text;
  throw new CoppiceError(
    'bad-usage',
    `'${text}' cannot be part of a path.`,
    'Use an id as `coppice session list` shows it.',
  );
}
