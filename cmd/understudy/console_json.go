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
