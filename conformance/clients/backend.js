// Backends for the tests: one HTTP server per argument, each with the npm
// package ws on it. An argument is a port of 127.0.0.1, 0 for a free one. The
// ports are printed as one line of JSON when all listen.
//
// Every answer is JSON and says which backend gave it and what it was asked:
// {backend, path, headers} and, for a WebSocket message, {message}. Header
// names are in the case in which they arrived.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const fields = (req) => {
  const f = {};
  for (let i = 0; i < req.rawHeaders.length; i += 2) f[req.rawHeaders[i]] = req.rawHeaders[i + 1];
  return f;
};

const start = (port, backend) => new Promise((resolve, reject) => {
  const facts = (req) => ({ backend, method: req.method, path: req.url, headers: fields(req) });
  const server = http.createServer((req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify(facts(req)));
  });
  new WebSocketServer({ server }).on('connection', (ws, req) => {
    ws.on('message', (message) => ws.send(JSON.stringify({ ...facts(req), message: message.toString() })));
  });
  server.on('error', reject);
  server.listen(port, '127.0.0.1', () => resolve(server.address().port));
});

Promise.all(process.argv.slice(2).map((port, i) => start(Number(port), i)))
  .then((ports) => console.log(JSON.stringify(ports)));

// The test holds stdin: when it ends, so do the backends.
process.stdin.on('end', () => process.exit(0)).resume();
