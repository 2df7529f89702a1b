package dav

import (
	"os"

	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A tree says what to do with all that is in a folder. Functions may be nil.
type tree struct {
	r       *httpd.Request
	before  func(t *tree, path string, info os.FileInfo) // a folder, before what is in it
	after   func(t *tree, path string, info os.FileInfo) // and after that
	file    func(t *tree, path string, info os.FileInfo)
	special func(t *tree, path string, info os.FileInfo) // what is neither, links among it

	from, to string // of a copy
}

// walk visits what is in a folder, and reports whether it could be read. Links
// are not followed, though info is that of what they point to, and one that
// points nowhere is not visited. (ngx_walk_tree)
func (t *tree) walk(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		t.r.Errorf(logs.Crit, "opendir() \"%s\" failed%s", dir, httpd.Errno(err))
		return false
	}
	entries, err := f.ReadDir(-1)
	f.Close()
	for _, e := range entries {
		path := dir + "/" + e.Name()
		info, err := os.Stat(path)
		if err != nil {
			t.r.Errorf(logs.Crit, "stat() \"%s\" failed%s", path, httpd.Errno(err))
			continue
		}
		switch mode := e.Type(); {
		case mode.IsRegular():
			visit(t, t.file, path, info)
		case mode.IsDir():
			visit(t, t.before, path, info)
			t.walk(path)
			visit(t, t.after, path, info)
		default:
			visit(t, t.special, path, info)
		}
	}
	if err != nil {
		t.r.Errorf(logs.Crit, "readdir() \"%s\" failed%s", dir, httpd.Errno(err))
		return false
	}
	return true
}

func visit(t *tree, f func(*tree, string, os.FileInfo), path string, info os.FileInfo) {
	if f != nil {
		f(t, path, info)
	}
}
