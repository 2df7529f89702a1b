package main

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
)

// A watcher sees when a file that a configuration is made of changes. Folders are
// watched, for editors put new files in the place of old ones; what is looked at
// when something happens there is the files themselves, so that nothing depends
// on which events a system or an editor makes. Where there are no events, on some
// network and container mounts, they are looked at from time to time.
type watcher struct {
	events  *fsnotify.Watcher // nil: there are no events
	changed chan []string     // sorted, each once: all since they were taken before
	files   chan reading
	ended   chan struct{}
}

// A reading are the files that a configuration was made of, and when.
type reading struct {
	files []string
	began time.Time // what is younger has changed since; zero: not known
}

const (
	settle  = 30 * time.Millisecond  // after an event, for editors that write in steps
	emptied = 250 * time.Millisecond // after a file has become empty, which is the first of such steps
	poll    = time.Second            // without any
)

// A seen is a file as it was last looked at.
type seen struct {
	modified time.Time
	size     int64
	sum      [sha256.Size]byte // of its contents, or of the names in a folder
}

// watch begins to watch. What has changed is to be taken from the watcher's changed.
func watch() *watcher {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		events = nil
	}
	return newWatcher(events)
}

func newWatcher(events *fsnotify.Watcher) *watcher {
	w := &watcher{events: events, changed: make(chan []string), files: make(chan reading), ended: make(chan struct{})}
	go w.run()
	return w
}

// use makes files, of which some may be folders or not be there, those to watch.
// They were read after began.
func (w *watcher) use(files []string, began time.Time) { w.files <- reading{files, began} }

// close ends the watching.
func (w *watcher) close() {
	close(w.files)
	<-w.ended
}

func (w *watcher) run() {
	defer close(w.ended)
	var events chan fsnotify.Event
	var errors chan error
	if w.events != nil {
		events, errors = w.events.Events, w.events.Errors
		defer w.events.Close()
	}
	state := map[string]seen{}
	folders := map[string]bool{}
	t := time.NewTimer(poll)
	defer t.Stop()
	var pending []string
	waited := false // for an empty file to be written
	for {
		var offer chan []string // nil while nothing is pending
		if len(pending) > 0 {
			offer = w.changed
		}
		select {
		case offer <- pending:
			pending = nil
		case r, ok := <-w.files:
			if !ok {
				return
			}
			// What was seen before stays: the configuration may have been read
			// before the last change.
			fresh := look(r.files, state)
			for name, s := range fresh {
				if was, ok := state[name]; ok {
					fresh[name] = was
				} else if !r.began.IsZero() && s.modified.After(r.began) {
					pending = append(pending, name)
				}
			}
			state = fresh
			w.follow(r.files, folders)
		case <-events:
			t.Reset(settle)
		case <-errors: // a queue that overflowed
			t.Reset(settle)
		case <-t.C:
			t.Reset(poll)
			names := make([]string, 0, len(state))
			for name := range state {
				names = append(names, name)
			}
			now := look(names, state)
			became := slices.ContainsFunc(names, func(name string) bool {
				return now[name].size == 0 && state[name].size > 0 && !now[name].modified.IsZero()
			})
			if became && !waited {
				waited = true
				t.Reset(emptied)
				continue
			}
			waited = false
			for name, s := range now {
				if s.sum != state[name].sum {
					pending = append(pending, name)
				}
			}
			state = now
			slices.Sort(pending)
			pending = slices.Compact(pending)
		}
	}
}

// follow watches the folders of files, and those of what links among them point to.
func (w *watcher) follow(files []string, folders map[string]bool) {
	if w.events == nil {
		return
	}
	for _, name := range files {
		for _, dir := range []string{name, filepath.Dir(name), real(name), filepath.Dir(real(name))} {
			if info, err := os.Stat(dir); err == nil && info.IsDir() && !folders[dir] {
				folders[dir] = w.events.Add(dir) == nil
			}
		}
	}
}

func real(name string) string {
	if to, err := filepath.EvalSymlinks(name); err == nil {
		return to
	}
	return name
}

// look looks at files. What was seen of them before is not read again unless it
// has another time or size.
func look(files []string, before map[string]seen) map[string]seen {
	now := make(map[string]seen, len(files))
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			now[name] = seen{sum: sha256.Sum256([]byte("none"))}
			continue
		}
		s := seen{modified: info.ModTime(), size: info.Size()}
		if was, ok := before[name]; ok && was.modified.Equal(s.modified) && was.size == s.size {
			now[name] = was
			continue
		}
		s.sum = contents(name, info)
		now[name] = s
	}
	return now
}

func contents(name string, info fs.FileInfo) [sha256.Size]byte {
	if info.IsDir() {
		list, _ := os.ReadDir(name)
		var names strings.Builder
		for _, e := range list {
			names.WriteString(e.Name() + "\x00")
		}
		return sha256.Sum256([]byte(names.String()))
	}
	text, err := os.ReadFile(name)
	if err != nil || !info.Mode().IsRegular() {
		text = nil
	}
	return sha256.Sum256(text)
}

// graph are the files that a configuration depends on, the one that was read last
// and c, which is in force, if there is one: those that were read or looked for, the
// folders of patterns, and what their directives name for TLS and for passwords.
func (f *foreground) graph(c *configuration) []string {
	list := slices.Clone(f.source.read)
	list = append(list, f.source.conf, filepath.Join(filepath.Dir(f.source.conf), overlayFile))
	if tm := f.source.templates; tm != nil {
		for _, template := range tm.outputs {
			list = append(list, template)
		}
		list = append(list, tm.dir)
	}
	if t := f.source.tree; t != nil {
		list = f.dependencies(t.Directives, list)
	}
	if c != nil {
		list = f.dependencies(c.tree.Directives, list)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (f *foreground) dependencies(ds []*parser.Directive, list []string) []string {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		list = f.dependencies(d.Block, list)
		w, names := directives.Table.NamedBy(d)
		if w == nil || names != spec.CertificateFile && names != spec.PasswordFile || strings.Contains(w.Text, "$") {
			continue
		}
		list = append(list, under(filepath.ToSlash(filepath.Dir(f.source.conf))+"/", w.Text))
	}
	return list
}

// edits are the files that change; nil if nobody watches.
func (p *program) edits() <-chan []string {
	if p.watch == nil {
		return nil
	}
	return p.watch.changed
}

// edited reads the configuration again because files of it have changed. If it
// cannot be used, the one before stays, and the next edit is awaited.
func (p *program) edited(files []string) {
	began := time.Now()
	was, f := p.current, p.foreground
	now := p.reload()
	if now == nil {
		f.tell("%s changed, and cannot be used: the configuration before stays in force", strings.Join(files, ", "))
		f.screen.refused(files)
		return
	}
	f.tellChanges(was.tree, now.tree, files, time.Since(began).Round(time.Millisecond).String())
	if f.screen.show.json {
		f.started(now)
	}
}

// follow has the files watched that the configuration now depends on, if that is
// wanted. inForce says whether what was read last is in force.
func (p *program) follow(inForce bool) {
	f := p.foreground
	switch wanted := f.overlay.watch; {
	case wanted && p.watch == nil:
		p.watch = watch()
	case !wanted && p.watch != nil && inForce:
		f.tell("%s says no more that files are watched: an edit is in force after SIGHUP", overlayFile)
		p.watch.close()
		p.watch = nil
	}
	if p.watch != nil {
		p.watch.use(f.graph(p.current), f.began)
	}
}

// awaitRepair waits for an edit of a configuration that cannot be used from the
// beginning. It reports whether it is to be tried again.
func (p *program) awaitRepair() bool {
	f := p.foreground
	if f == nil || p.watch == nil {
		return false
	}
	if f.failed != nil {
		f.tell("%v", f.failed)
		f.failed = nil
	}
	f.tell("%s cannot be used: waiting for a file of it to be edited", f.source.conf)
	f.screen.refused(nil)
	p.follow(false)
	if p.signals == nil {
		p.signals = listenForSignals()
	}
	for {
		select {
		case <-p.edits():
			return true
		case s := <-p.signals:
			if again, end := meaning(s); again || end {
				return again
			}
		}
	}
}
