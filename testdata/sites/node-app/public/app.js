// Shows each event, asks for the next when one has come, and then says hello
// on the socket. An event that is held back on the way stops the page there.
const list = document.getElementById('events');
const source = new EventSource(location.hash === '#feed' ? '/feed' : '/events');
source.onmessage = async (e) => {
  list.append(Object.assign(document.createElement('li'), { textContent: e.data }));
  const n = list.children.length;
  if (n <= 3) {
    await fetch('/api/emit', { method: 'POST', body: `event ${n}` });
    return;
  }
  const ws = new WebSocket(`ws://${location.host}/socket`);
  ws.onopen = () => ws.send('hello');
  ws.onmessage = (m) => { document.getElementById('socket').textContent = m.data; };
};
