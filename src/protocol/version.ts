/** Version of the engine's RPC. The minor grows with compatible additions; the engine also serves the minor before (design §2). */
export const protocol = { major: 1, minor: 1 } as const;

/** A version of the RPC as an engine or a front end tells it at the greeting. */
export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** Whether an engine that speaks `engine` can serve a front end that speaks `client`. */
export function serves(engine: ProtocolVersion, client: ProtocolVersion): boolean {
  return engine.major === client.major && client.minor <= engine.minor && client.minor >= engine.minor - 1;
}

/** Orders release versions `a.b.c` (a suffix such as `-beta` sorts before its release). Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.suffix === right.suffix) return 0;
  if (left.suffix === '') return 1;
  if (right.suffix === '') return -1;
  return left.suffix < right.suffix ? -1 : 1;
}

function parts(version: string): { numbers: number[]; suffix: string } {
  const [release = '', ...suffix] = version.split('-');
  return { numbers: release.split('.').map((part) => Number.parseInt(part, 10) || 0), suffix: suffix.join('-') };
}
