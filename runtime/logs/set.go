package logs

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Set is the log files of the process. A file is open once, however many
// directives name it, and stays open when a new generation names it too.
type Set struct {
	now func() time.Time

	mu    sync.Mutex // guards the following and every handle's refs
	files map[string]*handle
	live  map[*Generation]bool
}

// NewSet returns a set without files. A nil now is time.Now.
func NewSet(now func() time.Time) *Set {
	if now == nil {
		now = time.Now
	}
	return &Set{now: now, files: map[string]*handle{}, live: map[*Generation]bool{}}
}

// A Generation is the log files of one configuration.
type Generation struct {
	set    *Set
	files  map[string]*File
	report func(error)
	syslog []*Syslog

	// Console makes the handler that takes the place of standard error, for lines from
	// a level on; nil: nothing does.
	Console func(slog.Level) slog.Handler
}

// Next begins a generation. Errors of writing that come when no line is being
// written go to report, which may be nil.
func (s *Set) Next(report func(error)) *Generation {
	if report == nil {
		report = func(error) {}
	}
	g := &Generation{set: s, files: map[string]*File{}, report: report}
	s.mu.Lock()
	s.live[g] = true
	s.mu.Unlock()
	return g
}

// File returns the file at path, the same one for the same path. It is not
// opened yet. The path is absolute.
func (g *Generation) File(path string) *File {
	if f := g.files[path]; f != nil {
		return f
	}
	s := g.set
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.files[path]
	if h == nil {
		h = &handle{path: path, now: s.now}
		s.files[path] = h
	}
	h.refs++
	f := &File{h: h}
	g.files[path] = f
	return f
}

// Syslog returns a sender to a syslog server. It is closed with the generation.
func (g *Generation) Syslog(s SyslogServer) *Syslog {
	l := NewSyslog(s, g.set.now, func(_ slog.Level, msg string) { g.report(errors.New(msg)) })
	g.syslog = append(g.syslog, l)
	return l
}

// Buffer gives a file a buffer, before Open. The name is that of the
// directive, for nginx's error if the file has another buffer already.
func (g *Generation) Buffer(f *File, name string, o Buffering) error {
	g.set.mu.Lock() // Reopen may be writing the buffers
	defer g.set.mu.Unlock()
	if f.buffer != nil && f.buffer.Buffering != o {
		return fmt.Errorf("access_log \"%s\" already defined with conflicting parameters", name)
	}
	if f.buffer == nil {
		f.buffer = newBuffer(f.h, o, g.report)
	}
	return nil
}

// Open opens the files that no other generation has open. The errors are
// nginx's, joined: `open() "/log" failed (13: Permission denied)`.
func (g *Generation) Open() error {
	g.set.mu.Lock()
	defer g.set.mu.Unlock()
	var errs []error
	for _, f := range g.sorted() {
		if f.h.file.Load() == nil {
			errs = append(errs, f.h.open())
		}
	}
	return errors.Join(errs...)
}

func (g *Generation) sorted() []*File {
	files := make([]*File, 0, len(g.files))
	for _, f := range g.files {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *File) int { return cmp.Compare(a.h.path, b.h.path) })
	return files
}

// Flush writes what waits in the buffers.
func (g *Generation) Flush() error {
	var errs []error
	for _, f := range g.sorted() {
		if f.buffer != nil {
			errs = append(errs, f.buffer.flush())
		}
	}
	return errors.Join(errs...)
}

// Release ends a generation that writes no more: its buffers are written, and
// files that no other generation names are closed. It may be called again.
func (g *Generation) Release() error {
	s := g.set
	err := g.Flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live[g] {
		return nil
	}
	delete(s.live, g)
	for _, l := range g.syslog {
		l.Close()
	}
	for path, f := range g.files {
		if f.h.refs--; f.h.refs == 0 {
			delete(s.files, path)
			f.h.close()
		}
	}
	return err
}

// Reopen writes the buffers and opens every file again by its name: what USR1
// asks for after a log was renamed. A file that cannot be opened goes on as
// it is.
func (s *Set) Reopen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for g := range s.live {
		errs = append(errs, g.Flush())
	}
	for _, h := range s.files {
		if h.file.Load() != nil {
			errs = append(errs, h.open())
		}
	}
	return errors.Join(errs...)
}
