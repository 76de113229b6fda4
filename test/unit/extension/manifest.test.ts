/** package.json against what the extension does: names, keys, settings and texts agree. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, matchesGlob } from 'node:path';
import { parse } from 'svelte/compiler';
import { bundleOf, root, textsIn } from '../../../scripts/l10n/texts.mjs';
import { matchKey } from '../../../src/core/settings/keys.ts';
import { commandIds, looking } from '../../../src/extension/commands/table.ts';
import { launchPlan } from '../../../src/extension/engine/launch-plan.ts';
import { travellingKeys } from '../../../src/extension/settings/travelling-keys.ts';

interface Setting {
  readonly default: unknown;
  readonly enum?: readonly string[];
  readonly scope: string;
  readonly order: number;
  readonly markdownDescription: string;
}

interface MenuEntry {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface Manifest {
  readonly icon: string;
  readonly files: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly when?: string }[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly svg: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly colors: readonly { readonly id: string }[];
  };
}

const text = readFileSync(join(root, 'package.json'), 'utf8');
const { contributes, capabilities, icon, files: shipped } = JSON.parse(text) as Manifest;
const names = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Record<
  string,
  Setting
>;

describe('package.json', () => {
  const promised = contributes.commands.map(({ command }) => command);

  it('has exactly the commands of the table, each once', () => {
    assert.deepEqual([...promised].sort(), [...commandIds].sort());
    assert.equal(new Set(promised).size, promised.length);
    assert.ok(contributes.commands.every(({ category }) => category === 'Coppice'));
  });

  it('lets a window in Restricted Mode only look', () => {
    const enabled = contributes.commands.filter(({ enablement }) => enablement?.includes('isWorkspaceTrusted'));
    assert.deepEqual(enabled.map(({ command }) => command).sort(), commandIds.filter((id) => !looking.has(id)).sort());
  });

  it('names only commands that exist, in menus, keys, views and the walkthrough', () => {
    const menus = Object.values(contributes.menus).flat();
    const named = [...menus, ...contributes.keybindings].map(({ command }) => command);
    const linked = [
      ...Object.values(names)
        .join('\n')
        .matchAll(/\(command:(coppice\.\w+)\)/gu),
    ].map((found) => found[1]);
    for (const command of [...named, ...linked]) assert.ok(promised.includes(command ?? ''), command);
    assert.ok(linked.length > 5);
  });

  it('has every button of a row in its menu, too, which keys open', () => {
    const rows = contributes.menus['view/item/context'] ?? [];
    const named = ({ command, when }: MenuEntry): string => `${command}: ${when?.split(' && ', 1)[0] ?? ''}`;
    const isButton = ({ group }: MenuEntry): boolean => group?.startsWith('inline') === true;
    const inMenus = new Set(rows.filter((each) => !isButton(each)).map(named));
    for (const button of rows.filter(isButton)) assert.ok(inMenus.has(named(button)), named(button));
  });

  it('asks only for context keys that are set', async () => {
    const source = await readFile(join(root, 'src', 'extension', 'context-keys', 'context-keys.ts'), 'utf8');
    const views = Object.values(contributes.views).flatMap((all) => all.map(({ id }) => id));
    const whens = [...text.matchAll(/"(?:when|enablement)": "([^"]*)"/gu), ...text.matchAll(/"onContext:([^"]*)"/gu)];
    const keys = new Set(whens.flatMap(([, when = '']) => when.match(/coppice\.\w+/gu) ?? []));
    for (const key of keys) {
      const isView = views.includes(key);
      assert.ok(isView || source.includes(`'${key}': null`), `${key} is not set by anybody`);
    }
    assert.ok(keys.size > 6);
    const set = [...source.matchAll(/'(coppice\.\w+)': null/gu)].map(([, key = '']) => key);
    for (const key of set) assert.ok(keys.has(key), `${key} is set, and nothing in package.json asks for it`);
  });

  it('has keys that are chords of their own and hold only where they mean something', () => {
    for (const { key, when } of contributes.keybindings) {
      assert.match(key, /^ctrl\+alt\+k [a-z]$/u);
      assert.ok(when !== undefined);
    }
    assert.equal(new Set(contributes.keybindings.map(({ key }) => key)).size, contributes.keybindings.length);
  });

  it('has a text for every name that it uses, and uses every text', () => {
    const used = new Set([...text.matchAll(/"%([\w.-]+)%"/gu)].map(([, name = '']) => name));
    assert.deepEqual([...used].sort(), Object.keys(names).sort());
    for (const [name, value] of Object.entries(names)) assert.notEqual(value.trim(), '', name);
  });

  it('ships every file that the engine is started from', () => {
    for (const file of launchPlan('/extension', {}).files) {
      assert.ok(shipped.includes(`dist/*${extname(file)}`), `no pattern of "files" fits dist/${file}`);
    }
  });

  it('ships every page that a message, the walkthrough, package.json or the README names', () => {
    const sources = globSync(['src/**/*.ts', 'webview/**/*.{ts,svelte}'], { cwd: root });
    const pages = ['package.json', 'package.nls.json', 'README.md', ...sources].flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      return pagesIn(/\.(ts|svelte)$/u.test(file) ? withoutComments(source) : source);
    });
    assert.ok(pages.includes('docs/guides/configuration.md'));
    for (const page of new Set(pages)) {
      assert.ok(existsSync(join(root, page)), page);
      assert.ok(
        shipped.some((pattern) => matchesGlob(page, pattern) || page.startsWith(`${pattern}/`)),
        `no pattern of "files" fits ${page}`,
      );
    }
    assert.deepEqual(
      pagesIn(withoutComments("x('See docs/a-b.md'); // docs/c.md\n/** docs/d.md */ y('docs', 'e', 'f.md')")),
      ['docs/a-b.md', 'docs/e/f.md'],
    );
  });

  it('has a walkthrough of five steps with pictures, each ticked by what it is about having been done', () => {
    assert.ok(existsSync(join(root, icon)));
    for (const { media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      assert.ok(existsSync(join(root, media.svg)), media.svg);
    }
    assert.equal(contributes.walkthroughs[0]?.steps.length, 5);
    // That a command was run does not tell that anything came of it.
    for (const { completionEvents } of contributes.walkthroughs[0].steps) {
      assert.match(completionEvents.join(), /^onContext:coppice\.walkthroughOpen && coppice\.[\w=' .]+$/u);
    }
  });

  describe('settings', () => {
    it('are those of the window, and those that travel to the engine', async () => {
      const source = await readFile(join(root, 'src', 'extension', 'settings', 'settings.ts'), 'utf8');
      const travelling = new Set(travellingKeys.map((key) => `coppice.${key}`));
      for (const name of Object.keys(settings)) {
        const own = source.includes(`'${name.slice('coppice.'.length)}': [`);
        assert.ok(own !== travelling.has(name), name);
      }
      for (const name of travelling) assert.ok(name in settings, name);
    });

    it('have the default that the engine has, where they travel', () => {
      for (const key of travellingKeys) {
        const row = matchKey(key);
        assert.ok(row !== undefined, key);
        const { default: given } = settings[`coppice.${key}`] ?? {};
        if (row.setting.default !== undefined) assert.deepEqual(given, row.setting.default, key);
        else assert.ok(given === '' || given === null || JSON.stringify(given) === '[]', key);
      }
    });

    it('that decide what runs are not taken from a workspace that is not trusted', () => {
      const travelling = travellingKeys.map((key) => `coppice.${key}`);
      assert.deepEqual([...capabilities.untrustedWorkspaces.restrictedConfigurations].sort(), travelling.sort());
    });

    it('have a scope, a place and a description', () => {
      for (const [name, { scope, order, markdownDescription }] of Object.entries(settings)) {
        assert.match(scope, /^(application|window|resource|machine-overridable)$/u, name);
        assert.ok(order > 0, name);
        assert.match(names[markdownDescription.slice(1, -1)] ?? '', /\.$/u, name);
      }
    });
  });
});

describe('texts of the extension', () => {
  it('are all in the bundle for translators: run `npm run l10n`', async () => {
    const bundle: unknown = JSON.parse(await readFile(join(root, 'l10n', 'bundle.l10n.json'), 'utf8'));
    assert.deepEqual(bundle, await bundleOf());
  });

  it('that are no plain strings are refused', () => {
    assert.deepEqual(textsIn('a.ts', `l10n.t('x {0}', y); vscode.l10n.t("z"); other.t('w');`), ['x {0}', 'z']);
    assert.throws(() => textsIn('a.ts', 'l10n.t(`x ${y}`)'), /plain string/u);
    const component = `<script lang="ts">const a: string = t('one');</script>{#if a}<b title={t('two')}>{t("three")}</b>{/if}`;
    assert.deepEqual(textsIn('a.svelte', component, /^t$/u).sort(), ['one', 'three', 'two']);
    assert.throws(() => textsIn('a.svelte', '<p>\n{t(x)}</p>', /^t$/u), /a\.svelte:2: .*plain string/u);
  });

  it('are asked for in every panel, never written into its markup', async () => {
    assert.deepEqual(literalTexts('<b>Word</b><i title="a word">{x}</i><u class="one two">·</u>'), ['Word', 'a word']);
    const folder = join(root, 'webview');
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.svelte')) continue;
      assert.deepEqual(literalTexts(await readFile(join(folder, name), 'utf8')), [], name);
    }
  });

  it('have the numbers of their parts without gaps', async () => {
    for (const each of Object.keys(await bundleOf())) {
      const parts = [...each.matchAll(/\{(\d+)\}/gu)].map(([, n]) => Number(n)).sort();
      assert.deepEqual(
        [...new Set(parts)],
        [...new Set(parts)].map((_, index) => index),
        each,
      );
    }
  });

  it('are shown through the library, never as literals in the calls that show them', async () => {
    const folder = join(root, 'src', 'extension');
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const source = await readFile(join(folder, name), 'utf8');
      assert.doesNotMatch(source, /show(?:Information|Warning|Error)Message\(\s*['"`]/u, name);
    }
  });
});

/** Pages of docs/ that a text names, as one path or as its parts. */
function pagesIn(source: string): string[] {
  const paths = source
    .replaceAll(/'(docs|[\w-]+)', (?=(?:'[\w-]+', )*'[\w-]+\.md')/gu, "'$1/")
    .replaceAll(/\/'/gu, '/');
  return [...paths.matchAll(/\bdocs\/[\w/.-]+\.md\b/gu)].map(([page]) => page);
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gmu, '');
}

/** Words in the markup of a component that a person would read or hear. */
function literalTexts(source: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Record<string, unknown>;
    if (node['type'] === 'Attribute' && !/^(aria-label|title|placeholder|alt)$/u.test(String(node['name']))) return;
    if (node['type'] === 'Text' && /\p{L}{2}/u.test(String(node['data']))) found.push(String(node['data']).trim());
    for (const each of Object.values(node)) visit(each);
  };
  visit(parse(source, { modern: true }).fragment);
  return found;
}
