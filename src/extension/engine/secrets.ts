import type { SecretsHandler } from '../../protocol/client/wire.ts';

/** Where VS Code keeps secrets: `SecretStorage` is one. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** The key of an environment variable's value in the store. */
export function secretKey(name: string): string {
  return `variable:${name}`;
}

/**
 * Answers the engine's question for secrets: what the user has stored in VS Code, else the environment of the user's shell. What
 * is in neither is left out, and the session then waits for a person.
 */
export function secretsHandler(store: SecretStore, env: NodeJS.ProcessEnv): SecretsHandler {
  return async ({ names }) => {
    const found = await Promise.all(
      names.map(async (name) => [name, (await store.get(secretKey(name))) ?? env[name]] as const),
    );
    return { values: Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined)) };
  };
}
