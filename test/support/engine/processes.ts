/** Processes as the system shows them, found without the product's own code. Linux only: elsewhere there is no `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Seen {
  readonly pid: number;
  readonly session: string;
  readonly run: string;
  readonly command: string;
}

/** Live processes that carry the mark of a session and the home directory `home` in their environment. */
export function agentProcesses(home: string): Seen[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const variables = new Map(
      read(`/proc/${name}/environ`)
        .split('\0')
        .map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)] as const),
    );
    const session = variables.get('COPPICE_SESSION');
    if (session === undefined || variables.get('HOME') !== home || isZombie(name)) return [];
    const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    return [{ pid: Number(name), session, run: variables.get('COPPICE_RUN') ?? '', command }];
  });
}

export function lives(pid: number): boolean {
  return read(`/proc/${pid}/stat`) !== '' && !isZombie(String(pid));
}

function isZombie(pid: string): boolean {
  return /\) [ZX] /.test(read(`/proc/${pid}/stat`));
}

/** Empty when it is gone, or somebody else's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
