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

	"understudy/parser"
)

// A watcher sees when a file that a configuration is made of changes. Folders are
// watched, for editors put new files in the place of old ones; what is looked at
// when something happens there is the files themselves, so that nothing depends
// on which events a system or an editor makes. Where there are no events, on some
// network and container mounts, they are looked at from time to time.
type watcher struct {
	events  *fsnotify.Watcher // nil: there are no events
	changed func(files []string)
	files   chan []string
}

const (
	settle = 30 * time.Millisecond // after an event, for editors that write in steps
	poll   = time.Second           // without any
)

// A seen is a file as it was last looked at.
type seen struct {
	modified time.Time
	size     int64
	sum      [sha256.Size]byte // of its contents, or of the names in a folder
}

// watch calls changed, in a goroutine of its own, with the files that have
// changed since they were last looked at. It goes on as long as the process.
func watch(changed func(files []string)) *watcher {
	w := &watcher{changed: changed, files: make(chan []string)}
	w.events, _ = fsnotify.NewWatcher()
	go w.run()
	return w
}

// use makes files, of which some may be folders or not be there, those to watch.
func (w *watcher) use(files []string) { w.files <- files }

func (w *watcher) run() {
	var events chan fsnotify.Event
	var errors chan error
	if w.events != nil {
		events, errors = w.events.Events, w.events.Errors
	}
	state := map[string]seen{}
	folders := map[string]bool{}
	t := time.NewTimer(poll)
	defer t.Stop()
	for {
		select {
		case files := <-w.files:
			// What was seen before stays: the configuration may have been read
			// before the last change.
			fresh := look(files, state)
			for name := range fresh {
				if was, ok := state[name]; ok {
					fresh[name] = was
				}
			}
			state = fresh
			w.follow(files, folders)
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
			var changed []string
			for name, s := range now {
				if s.sum != state[name].sum {
					changed = append(changed, name)
				}
			}
			state = now
			if len(changed) > 0 {
				slices.Sort(changed)
				w.changed(changed)
			}
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

// graph are the files that a configuration depends on: those that were read or
// looked for, the folders of patterns, and what its directives name for TLS and
// for passwords.
func (f *foreground) graph(t *parser.Tree) []string {
	list := slices.Clone(f.source.read)
	list = append(list, filepath.Join(filepath.Dir(f.source.conf), overlayFile))
	if tm := f.source.templates; tm != nil {
		for _, template := range tm.outputs {
			list = append(list, template)
		}
		list = append(list, tm.dir)
	}
	if t != nil {
		list = f.dependencies(t.Directives, list)
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
		name := d.Name.Text
		if len(d.Args) == 0 || !strings.Contains(name, "ssl_") && !strings.HasSuffix(name, "_user_file") {
			continue
		}
		if from, _ := pathArgs(name); from != 0 || !isPathDirective(name) || strings.ContainsAny(d.Args[0].Text, "$:") {
			continue
		}
		list = append(list, under(filepath.ToSlash(filepath.Dir(f.source.conf))+"/", d.Args[0].Text))
	}
	return list
}

func isPathDirective(name string) bool {
	_, to := pathArgs(name)
	return to > 0
}

// edited reads the configuration again because files of it have changed. If it
// cannot be used, the one before stays, and the next edit is awaited.
func (p *program) edited(files []string) {
	began := time.Now()
	was, f := p.current, p.foreground
	p.reload()
	if p.current == was {
		f.tell("%s changed, and cannot be used: the configuration before stays in force", strings.Join(files, ", "))
		p.watch.use(append(f.graph(nil), f.graph(was.tree)...))
		return
	}
	f.tellChanges(was.tree, p.current.tree, files, time.Since(began).Round(time.Millisecond).String())
	p.watch.use(f.graph(p.current.tree))
}
