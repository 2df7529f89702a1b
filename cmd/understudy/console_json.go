package main

import (
	"encoding/json"
	"maps"
	"time"
)

// json writes an event as one line of JSON: "time" and "event", and what it has.
func (s *screen) json(event string, more map[string]any) {
	m := map[string]any{"time": time.Now().Format(time.RFC3339Nano), "event": event}
	maps.Copy(m, more)
	text, err := json.Marshal(m)
	if err != nil { // nothing of it comes from outside but text
		return
	}
	s.write(s.stdout, string(text)+"\n")
}

// refused says that a configuration that was read cannot be used: because of an edit
// of files, or from the beginning. Standard error has the reasons.
func (s *screen) refused(files []string) {
	if s.show.json {
		s.json("refused", map[string]any{"config": s.f.source.conf, "files": files})
	}
}
