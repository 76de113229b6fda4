/** The session panel in a real browser. Its code is typed for a browser, so it stands with the tests of the panel. */
await import(new URL('../test/webview/panel-bench.ts', import.meta.url).href);
