/** Read by svelte-check and the linter; the bundles are made by esbuild.mjs. @type {import('svelte/compiler').CompileOptions & { compilerOptions: object }} */
export default { compilerOptions: { runes: true } };
