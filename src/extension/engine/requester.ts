import { requesterOf, settingVariables } from '../../core/environment.ts';
import type { ParamsOf, Requests } from '../../protocol/contract.ts';

export type Requester = ParamsOf<Requests, 'session/create'>['requester'];

/**
 * Who asks: the environment of the user's shell, which VS Code gives to the extension host, allow-listed, and settings.
 *
 * @param env the extension host's environment
 * @param settings settings of the editor as `COPPICE_…` variables; those of the shell win
 */
export function requester(
  env: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>> = {},
): Required<Requester> {
  return { ...requesterOf(env), settings: { ...settings, ...settingVariables(env) } };
}
