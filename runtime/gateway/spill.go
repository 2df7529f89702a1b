package gateway

import (
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// spill moves what waits in memory, from the oldest on, to the end of the temporary
// file: proxy_temp_file_write_size of it or a little more. It reports whether there
// is a block free now. If the file cannot be written the response is given up, as
// nginx does. l.mu is held.
func (l *backlog) spill() bool {
	t := &l.temp
	if t.from == t.to && t.to > 0 { // all of it has been sent
		// The socket may still hold pages of it (sendfile(2)): what follows
		// must not be written into those.
		if err := t.f.Truncate(0); err == nil {
			t.from, t.to = 0, 0
		}
	}
	moved := int64(0)
	kept := l.blocks[:0]
	full := false
	for i, k := range l.blocks {
		n := int64(k.to - k.from)
		full = full || moved >= max(l.set.TempWrite, 1) || t.to+n > l.file
		if !full && n > 0 {
			if l.write(k.b.B[k.from:k.to]) {
				k.from = k.to
				moved += n
			} else {
				l.err, full = errInvalid, true
				l.some.Signal()
			}
		}
		if k.from < k.to || k == l.busy {
			kept = append(kept, l.blocks[i])
			continue
		}
		k.b.Free()
	}
	clear(l.blocks[len(kept):])
	l.blocks = kept
	return len(kept) < l.most
}

// write appends p to the temporary file, which is made with the first.
func (l *backlog) write(p []byte) bool {
	t := &l.temp
	if t.f == nil {
		f, err := l.set.TempPath.Create(true)
		if err != nil {
			l.r.Errorf(logs.Crit, "open() temporary file failed%s while reading upstream", httpd.Errno(err))
			return false
		}
		t.f = f
		l.r.Errorf(logs.Warn, "an upstream response is buffered to a temporary file %s while reading upstream", f.Name())
	}
	if _, err := t.f.WriteAt(p, t.to); err != nil {
		l.r.Errorf(logs.Crit, `pwrite() "%s" failed%s while reading upstream`, t.f.Name(), httpd.Errno(err))
		return false
	}
	t.to += int64(len(p))
	l.some.Signal()
	return true
}
