import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import type { RunSpec } from '../executor.ts';
import { runMark, sessionMark } from '../mark.ts';
import { becauseOfNode } from '../node-there.ts';
import type { RemoteAnswer } from './connection.ts';
import type { HostFacts } from './remote-host.ts';

/** They describe this host: the other one has its own. */
const hostBound =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|SSH_AUTH_SOCK|XDG_.*|WSL_.*|(?:JAVA|ANDROID|CARGO|RUSTUP|VOLTA|PNPM|GEM)_HOME|ANDROID_SDK_ROOT|GO(?:PATH|ROOT|BIN)|NVM_DIR|PYENV_ROOT|RBENV_ROOT|VIRTUAL_ENV|CONDA_PREFIX|SDKMAN_DIR|DOTNET_ROOT|HOMEBREW_PREFIX|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE)$/u;
const nameOfVariable = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/**
 * Text for the shell on the other host: the environment of the agent, then its command line as `$@`. It goes over standard input,
 * so that no value is in an argument list or a file there.
 */
export function startText(
  spec: Pick<RunSpec, 'session' | 'run' | 'env' | 'command' | 'args'>,
  { path }: Pick<HostFacts, 'path'>,
): string {
  const env = Object.entries(spec.env).filter(([name]) => nameOfVariable.test(name) && !hostBound.test(name));
  const own = path === '' ? [] : [['PATH', path] as const];
  const all = [...own, ...env, [sessionMark, spec.session] as const, [runMark, String(spec.run)] as const];
  const exports = all.map(([name, value]) => `export ${name}=${quoted(value)}`);
  return `${exports.join('\n')}\nset -- ${[spec.command, ...spec.args].map(quoted).join(' ')}\n`;
}

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What is to be said when a host went away while it was asked to start an agent: it may have done so. */
export function startLost(host: string, error: unknown): unknown {
  if (!isCoppiceError(error, 'unreachable') && !isCoppiceError(error, 'timed-out')) return error;
  return new CoppiceError(
    'unknown-outcome',
    `The connection to ${host} was lost while the agent was being started.`,
    'It is looked at again when the host is back.',
    { cause: error, context: { host } },
  );
}

/** Why a start on another host did not happen, or cannot be told. */
export function startFailure(host: string, { command, session, run }: RunSpec, answer: RemoteAnswer): CoppiceError {
  const context = { host, session, run: String(run), stderr: answer.stderr.slice(-2000) };
  switch (answer.code) {
    case 69:
      return new CoppiceError(
        'agent-missing',
        `The agent's program was not found on ${host}: ${command}`,
        `${becauseOfNode(command)}Install it there, and see that a login shell finds it: ssh ${host} -t 'command -v ${command}'`,
        { context },
      );
    case 66:
      return new CoppiceError('not-found', `The working tree on ${host} cannot be entered.`, 'Continue the session.', {
        context,
      });
    case 73: {
      const message = `Nothing can be written on ${host}: its disk is full, or ~/.coppice belongs to somebody else.`;
      return new CoppiceError('disk-full', message, 'Free some space there, then continue the session.', { context });
    }
    default:
      return new CoppiceError(
        'unknown-outcome',
        `It cannot be told whether the agent was started on ${host} (status ${answer.code ?? 'none'}).`,
        'It is looked at again; if it does not run, continue the session.',
        { context },
      );
  }
}
