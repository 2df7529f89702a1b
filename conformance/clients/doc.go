// Package clients tests the server with the programs that people connect with:
// the npm packages ws, websocket and wscat, and headless Chromium. It holds
// tests only.
//
// The configurations are those of testdata/cases. By default the tests build
// cmd/understudy; UNDERSTUDY_BIN names another binary, nginx for one, which
// shows that a test is about nginx's behaviour and not about ours. What only
// understudy has (check, demo) is then left out.
//
// The npm packages are pinned in package.json: `npm ci --ignore-scripts` in
// this folder, or `make clients`, installs them.
package clients
