import { Option, type Command } from 'commander';
import type { ResultOf, Requests } from '../../protocol/contract.ts';
import type { Context, Perform } from '../context.ts';
import { exits } from '../exit-codes.ts';
import { text } from '../text.ts';
import { moveHint } from '../with-trust.ts';

interface TrustOptions {
  readonly host?: true;
  readonly revoke?: true;
  readonly show?: true;
}

type Trust = ResultOf<Requests, 'trust/state'>;

/** Adds `coppice trust`. Prints how the repository stands after the change, or as it is with `--show`. */
export function addTrust(program: Command, perform: Perform): void {
  program
    .command('trust')
    .summary('let Coppice run things in this repository')
    .description(
      'Trusts this repository: its set-up scripts, its git configuration and agents may run. Every grant is journalled. Nothing ' +
        'runs in a repository that is not trusted, not even git.',
    )
    .addOption(
      new Option('--host', 'also let agents work unattended on this host, with your rights').conflicts([
        'revoke',
        'show',
      ]),
    )
    .addOption(new Option('--revoke', 'take the trust back').conflicts(['host', 'show']))
    .addOption(new Option('--show', 'only say how it stands').conflicts(['host', 'revoke']))
    .action((options: TrustOptions) =>
      perform(async (context) => {
        const trust = await change(context, options);
        context.out.result(trust, () => [
          trust.trusted ? text`Trusted: ${trust.root}` : text`Not trusted: ${trust.root}`,
          ...(trust.trusted ? [hostText(trust)] : []),
          ...(trust.movedFrom === undefined ? [] : [context.out.paint.yellow(text`! ${moveHint(trust.movedFrom)}`)]),
        ]);
        return exits.done;
      }),
    );
}

async function change({ engine, path }: Context, { host, revoke, show }: TrustOptions): Promise<Trust> {
  if (show === true) return engine.request('trust/state', { path });
  if (revoke === true) return engine.request('trust/revoke', { path });
  return engine.request('trust/grant', { path, host: host === true });
}

function hostText({ host }: Trust): string {
  return host
    ? 'Agents may work unattended on this host.'
    : 'Agents may not work unattended on this host; `coppice trust --host` allows it.';
}
