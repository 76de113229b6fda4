/**
 * `npm run screenshots`: takes the pictures of the README from a real workbench, light and dark, into `media/screenshots/`. With
 * `--all`, a gallery for people to look through instead: each view in each theme, narrow and wide, in `.cache/gallery/`. Words after
 * that choose from it, e.g. `some tree dark 400`.
 */
import { join } from 'node:path';
import { closeBrowser } from '../../test/workbench/support/browser.ts';
import { root } from '../workbench/installation.ts';
import { takeGallery } from './gallery.ts';
import { takeReadmePictures } from './readme.ts';

try {
  if (process.argv.includes('--all')) {
    const folder = join(root, '.cache', 'gallery');
    await takeGallery(
      folder,
      process.argv.slice(2).filter((word) => word !== '--all'),
    );
    console.log(folder);
  } else {
    const folder = join(root, 'media', 'screenshots');
    for (const line of await takeReadmePictures(folder)) console.log(line);
  }
} finally {
  await closeBrowser();
}
