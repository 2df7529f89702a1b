// node browser.js URL STEPS
//
// Opens URL in headless Chromium (env CHROMIUM: its path) and does the steps,
// a JSON array: {"fill": selector, "text": …}, {"select": selector, "text": …},
// {"click": selector}, {"wait": selector, "text": …} until an element has the
// text, {"screenshot": file}. Prints {texts, errors}: what each wait found, and
// what the page reported as wrong.
'use strict';
const { chromium } = require('playwright-core');

(async () => {
  const [url, steps] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(15000);
    const errors = [], texts = [];
    page.on('pageerror', (err) => errors.push(String(err)));
    page.on('console', (msg) => {
      const from = msg.location().url;
      if (msg.type() === 'error' && !from.endsWith('/favicon.ico')) errors.push(msg.text() + ' ' + from);
    });
    await page.goto(url);
    for (const s of JSON.parse(steps)) {
      if (s.fill) await page.fill(s.fill, s.text);
      if (s.select) await page.selectOption(s.select, s.text);
      if (s.click) await page.click(s.click);
      if (s.wait) {
        const found = page.locator(s.wait, { hasText: s.text }).first();
        await found.waitFor();
        texts.push(await found.textContent());
      }
      if (s.screenshot) await page.screenshot({ path: s.screenshot });
    }
    console.log(JSON.stringify({ texts, errors }));
  } finally {
    await browser.close();
  }
})().catch((err) => { console.error(err); process.exit(1); });
