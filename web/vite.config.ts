import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

/** What the page may weigh before charts are asked for: script and style, compressed. */
const firstLoadLimit = 60 * 1024;

/** Fails the build when the files that every visitor loads have become too large. */
function firstLoadCheck(): Plugin {
  return {
    name: 'first-load-check',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      let bytes = 0;
      for (const file of Object.values(bundle)) {
        const atFirst = file.type === 'chunk' ? file.isEntry : file.fileName === 'assets/page.css';
        if (atFirst) bytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length;
      }
      const text = `page: ${bytes} bytes of script and style, gzipped, before charts`;
      if (bytes === 0 || bytes > firstLoadLimit) {
        this.error(`${text}; expected at most ${firstLoadLimit}`);
      }
      this.info(text);
    },
  };
}

/** The licences of the libraries whose code is in the page: licences.txt beside it. */
function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const texts = ['preact', 'uplot'].map((library) => {
        const text = readFileSync(`node_modules/${library}/LICENSE`, 'utf8');
        return `${library}\n\n${text.trim()}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join('\n\n') });
    },
  };
}

const server = process.env.PROMPT_TRAVEL_URL ?? 'http://127.0.0.1:7861';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  plugins: [firstLoadCheck(), licences()],
  build: {
    target: 'es2022',
    // The page's policy allows files of the server only, no data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { page: 'index.html' },
      output: {
        // Plain names: the server answers with a tag of the bytes, so browsers notice new files.
        entryFileNames: 'assets/page.js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
      },
    },
  },
  server: { proxy: { '/api': server } },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'] },
} as Parameters<typeof defineConfig>[0] & { test: object });
