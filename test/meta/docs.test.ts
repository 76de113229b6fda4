import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { filesOfTree, root } from './tree.ts';

const pages = filesOfTree().filter((path) => /^(README|CHANGELOG)\.md$|^docs\/.+\.md$/.test(path));

describe('the documentation', () => {
  it('is there', () => {
    for (const page of ['README.md', 'CHANGELOG.md', 'docs/architecture.md'])
      assert.ok(pages.includes(page), `${page} is missing`);
    assert.ok(
      pages.some((page) => page.startsWith('docs/decisions/')),
      'docs/decisions/ is empty',
    );
  });

  for (const page of pages) {
    it(`${page}: every link leads somewhere`, () => {
      const text = readFileSync(join(root, page), 'utf8');
      const broken = linksOf(text).filter((link) => !leadsSomewhere(page, link));
      assert.deepEqual(broken, []);
    });
  }

  it('a broken link is found', () => {
    assert.ok(!leadsSomewhere('README.md', 'docs/nowhere.md'));
    assert.ok(!leadsSomewhere('CHANGELOG.md', '#nothing'));
    assert.ok(leadsSomewhere('CHANGELOG.md', '#changelog'));
    assert.deepEqual(linksOf('[a](b.md "title") ![c](<d e.png>)\n[f]: g.md\n`[no](x)`\n```\n[no](y)\n```'), [
      'b.md',
      'd e.png',
      'g.md',
    ]);
  });

  it('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = pages.flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8');
      return [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => ({ page, script }));
    });
    assert.deepEqual(
      named.filter(({ script }) => !(script in scripts)),
      [],
    );
  });
});

/** Targets of inline links, images and reference definitions; code is left out. */
function linksOf(markdown: string): string[] {
  const prose = proseOf(markdown);
  const inline = [...prose.matchAll(/\]\(\s*(?:<([^>]*)>|([^()\s]+))[^)]*\)/g)].map(
    ([, angled, plain]) => angled ?? plain ?? '',
  );
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map(([, target = '']) => target);
  return [...inline, ...references];
}

function proseOf(markdown: string): string {
  return markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function leadsSomewhere(page: string, link: string): boolean {
  if (/^(https?:|mailto:)/.test(link)) return true;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
  if (target.startsWith('..') || !existsSync(join(root, target))) return false;
  if (anchor === undefined || !target.endsWith('.md')) return true;
  return anchorsOf(readFileSync(join(root, target), 'utf8')).has(anchor);
}

/** The anchors that a page's headings get where repositories are shown. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm);
  const slugs = [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
  return new Set(slugs);
}
