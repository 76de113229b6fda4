/** The one builder of a panel's page: nothing is allowed but our script, our style sheet and our icons. */

/** What a page is made of. Addresses are those of `webview.asWebviewUri`. */
export interface PageParts {
  readonly title: string;
  /** Language of the user interface, e.g. `de`. */
  readonly language: string;
  /** `webview.cspSource` */
  readonly source: string;
  readonly script: string;
  readonly style: string;
  /** A fresh random word for this page. */
  readonly nonce: string;
  /** Translations by English text; none in English. */
  readonly texts: Readonly<Record<string, string>>;
}

/** The HTML of a panel. Every part is escaped; the page itself gets its content as messages. */
export function pageOf({ title, language, source, script, style, nonce, texts }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    // No text ever becomes markup: the browser refuses to parse any. Svelte's policy is made but never used: no `{@html}`.
    `require-trusted-types-for 'script'`,
    `trusted-types svelte-trusted-html`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="${escaped(style)}">
</head>
<body>
<div id="app" data-texts="${escaped(JSON.stringify(texts))}"></div>
<script type="module" nonce="${escaped(nonce)}" src="${escaped(script)}"></script>
</body>
</html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? '');
}
