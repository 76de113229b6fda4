#!/usr/bin/env node
/** `npm run l10n`: writes every text of the extension that a user may read into l10n/bundle.l10n.json, for translators. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleOf, root } from './l10n/texts.mjs';

const path = join(root, 'l10n', 'bundle.l10n.json');
const bundle = await bundleOf();
await writeFile(path, `${JSON.stringify(bundle, undefined, 2)}\n`);
console.log(`${path}: ${Object.keys(bundle).length} texts`);
