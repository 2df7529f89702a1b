// node client.js LIBRARY URL CONNECTIONS MESSAGES
//
// Opens connections one after the other with the npm package LIBRARY (ws or
// websocket), keeps them all open, sends MESSAGES messages on each in turns,
// pings each, closes each with 1000, and prints
// [{replies: [reply, ...], pong: "...", close: 1000}, ...].
'use strict';

const connect = {
  ws: (url) => new Promise((resolve, reject) => {
    const ws = new (require('ws'))(url);
    ws.on('error', reject).on('open', () => resolve({
      ask: (text) => new Promise((done) => { ws.once('message', (m) => done(m.toString())); ws.send(text); }),
      ping: (text) => new Promise((done) => { ws.once('pong', (m) => done(m.toString())); ws.ping(text); }),
      close: () => new Promise((done) => { ws.once('close', done); ws.close(1000, 'bye'); }),
    }));
  }),
  websocket: (url) => new Promise((resolve, reject) => {
    const client = new (require('websocket').client)();
    client.on('connectFailed', reject).on('connect', (c) => resolve({
      ask: (text) => new Promise((done) => { c.once('message', (m) => done(m.utf8Data)); c.sendUTF(text); }),
      ping: (text) => new Promise((done) => { c.once('pong', (m) => done(m.toString())); c.ping(text); }),
      close: () => new Promise((done) => { c.once('close', done); c.close(1000, 'bye'); }),
    }));
    client.connect(url);
  }),
};

(async () => {
  const [library, url, connections, messages] = process.argv.slice(2);
  const open = [];
  for (let i = 0; i < Number(connections); i++) open.push({ c: await connect[library](url), replies: [] });
  for (let m = 0; m < Number(messages); m++) {
    for (const [i, o] of open.entries()) o.replies.push(JSON.parse(await o.c.ask(`message ${m} on ${i}`)));
  }
  const out = [];
  for (const { c, replies } of open) out.push({ replies, pong: await c.ping('still there?'), close: await c.close() });
  console.log(JSON.stringify(out));
})().catch((err) => { console.error(err); process.exit(1); });
