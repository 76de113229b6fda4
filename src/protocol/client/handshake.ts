/** The first exchange on a socket: who speaks which version. */
import { compareVersions, protocol, serves, type ProtocolVersion } from '../version.ts';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import type { RequestOptions, Wire } from './wire.ts';

/** Facts about the engine at the other end. */
export interface EngineFacts {
  readonly pid: number;
  readonly version: string;
  readonly protocol: ProtocolVersion;
  /** Why nothing can be changed at present. */
  readonly readOnly?: string;
}

/** What a front end says of itself in its greeting. */
export interface FrontEnd {
  /** Short name: `cli`, `vscode`, `mcp`, … It shows in the journal as `user:<client>`. */
  readonly client: string;
  /** Release version of the front end. */
  readonly version: string;
}

/** `outdated`: the engine is of an older release, and this one should take its place. It takes nothing but `engine/stop`. */
export type Greeting =
  | { readonly status: 'welcome'; readonly engine: EngineFacts; readonly older: boolean }
  | { readonly status: 'outdated'; readonly version: string; readonly error: CoppiceError };

/** Greets the engine. Throws what it refuses with, `version-mismatch` among others. */
export async function greet(wire: Wire, frontEnd: FrontEnd, options: RequestOptions): Promise<Greeting> {
  try {
    const hello = { protocol, version: frontEnd.version, client: frontEnd.client, pid: process.pid };
    const { readOnly, ...facts } = await wire.request('hello', hello, options);
    if (!serves(facts.protocol, protocol)) throw mismatch(facts.version, frontEnd.version);
    const engine = readOnly === undefined ? facts : { ...facts, readOnly };
    return { status: 'welcome', engine, older: compareVersions(engine.version, frontEnd.version) < 0 };
  } catch (error) {
    const version = isCoppiceError(error, 'version-mismatch') ? error.context['version'] : undefined;
    if (!isCoppiceError(error) || version === undefined || compareVersions(version, frontEnd.version) >= 0) throw error;
    return { status: 'outdated', version, error };
  }
}

/**
 * An engine and a front end that cannot speak with each other. `context.version` is the engine's.
 *
 * @param engine release version of the engine
 * @param frontEnd release version of the front end
 */
export function mismatch(engine: string, frontEnd: string): CoppiceError {
  const older = compareVersions(frontEnd, engine) < 0;
  return new CoppiceError(
    'version-mismatch',
    `The running engine is version ${engine}, and this front end (${frontEnd}) cannot speak with it.`,
    older
      ? 'Update this front end; the newer engine is left alone.'
      : 'Start any front end of the newer version, or stop the engine with the version that started it.',
    { context: { version: engine, frontEnd }, way: older ? undefined : 'stop-engine' },
  );
}
