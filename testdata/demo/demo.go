// Package demo holds the files of `understudy demo`: a configuration as people
// write it and the page it serves. The files are ordinary ones, so that the
// same folder also runs by hand, with understudy or with nginx:
//
//	understudy -p testdata/demo -c nginx.conf
//
// The four backends the configuration names are cmd/understudy/demo.
package demo

import "embed"

// Files is this folder without its Go file: nginx.conf and html/.
//
//go:embed nginx.conf html
var Files embed.FS
