import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes what Codex and Gemini CLI want to find in a home before they ask a model at `url` and nobody else. */
export function configure(home: string, url: string): void {
  for (const name of ['.codex', '.gemini']) mkdirSync(join(home, name));
  const settings = { security: { auth: { selectedType: 'gemini-api-key' } } };
  writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(settings));
  const lines = [
    'model = "fake-model"',
    'model_provider = "fake"',
    'check_for_update_on_startup = false',
    '[model_providers.fake]',
    'name = "fake"',
    `base_url = "${url}/v1"`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 1',
    'stream_max_retries = 1',
  ];
  writeFileSync(join(home, '.codex', 'config.toml'), `${lines.join('\n')}\n`);
}
