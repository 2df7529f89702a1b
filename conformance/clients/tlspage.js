// node tlspage.js PAGES
//
// Opens pages, a JSON array of {url, wss}, one after the other in headless
// Chromium (env CHROMIUM: its path), for which every host is 127.0.0.1 and every
// certificate good. With wss, the page sends "hello" to that WebSocket. Prints
// [{status, protocol, subject, text, answer}, ...], or {error} for a page
// that cannot be opened.
'use strict';
const { chromium } = require('playwright-core');

(async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * 127.0.0.1'],
  });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const out = [];
    for (const { url, wss } of JSON.parse(process.argv[2])) {
      const page = await context.newPage();
      page.setDefaultTimeout(15000);
      try {
        const response = await page.goto(url);
        const security = await response.securityDetails();
        const got = {
          status: response.status(), protocol: security.protocol, subject: security.subjectName,
          text: await page.evaluate(() => document.body.innerText),
        };
        if (wss) {
          got.answer = await page.evaluate((wss) => new Promise((resolve) => {
            const ws = new WebSocket(wss);
            ws.onopen = () => ws.send('hello');
            ws.onmessage = (m) => { ws.close(1000); ws.onclose = (e) => resolve(JSON.parse(m.data).path + ' ' + JSON.parse(m.data).message + ' ' + e.code); };
            ws.onerror = () => resolve('error');
          }), wss);
        }
        out.push(got);
      } catch (err) {
        out.push({ error: (/net::\w+/.exec(String(err)) || [String(err)])[0] });
      }
      await page.close();
    }
    console.log(JSON.stringify(out));
  } finally {
    await browser.close();
  }
})().catch((err) => { console.error(err); process.exit(1); });
