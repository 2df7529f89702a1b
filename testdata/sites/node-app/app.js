// The application behind nginx.conf. It listens on a free port of 127.0.0.1
// (or PORT), prints it, and ends with its stdin. Needs the npm package ws.
//
//   /events    server-sent events: one at once, and one for each POST /emit
//   /feed      the same with X-Accel-Buffering: no
//   /socket    WebSocket: sends back each message in upper case
//   /page...   a page made here
//   any other  JSON of what was asked, as the application saw it
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const listeners = new Set();
let count = 0;

const body = (req) => new Promise((resolve) => {
  let text = '';
  req.on('data', (c) => { text += c; }).on('end', () => resolve(text));
});

const server = http.createServer(async (req, res) => {
  if (req.url === '/events' || req.url === '/feed') {
    res.setHeader('Content-Type', 'text/event-stream');
    res.setHeader('Cache-Control', 'no-cache');
    if (req.url === '/feed') res.setHeader('X-Accel-Buffering', 'no');
    res.write('retry: 1000\n\nid: 0\ndata: welcome\n\n');
    listeners.add(res);
    req.on('close', () => listeners.delete(res));
    return;
  }
  const text = await body(req);
  if (req.method === 'POST' && req.url === '/emit') {
    count += 1;
    for (const l of listeners) l.write(`id: ${count}\ndata: ${text}\n\n`);
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ listeners: listeners.size }));
    return;
  }
  if (req.url.startsWith('/page')) {
    res.setHeader('Content-Type', 'text/html');
    res.end(`<!doctype html><title>${req.url}</title>`);
    return;
  }
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Set-Cookie', 'session=1; Path=/; HttpOnly');
  res.end(JSON.stringify({ method: req.method, path: req.url, headers: req.headers, body: text }));
});

new WebSocketServer({ server, path: '/socket' }).on('connection', (ws) => {
  ws.on('message', (m) => ws.send(m.toString().toUpperCase()));
});

server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => console.log(JSON.stringify([server.address().port])));
process.stdin.on('end', () => process.exit(0)).resume();
