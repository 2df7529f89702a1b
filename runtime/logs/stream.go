package logs

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// A Stream is a Sink that is no file to be opened: standard error.
type Stream struct {
	mu sync.Mutex // makes a line one piece in writers that are no files
	w  io.Writer
}

// NewStream returns a sink that writes to w, a line a time.
func NewStream(w io.Writer) *Stream { return &Stream{w: w} }

// WriteLine writes a line.
func (s *Stream) WriteLine(_ slog.Level, _ time.Time, line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.w.Write(line) // nobody could be told
}

// MinMemory and the length of the configuration file's name are the least
// bytes that nginx takes in error_log memory:size.
const MinMemory = maxLine + 50

// A Memory is a Sink that keeps the latest lines, as error_log memory: does.
type Memory struct {
	mu   sync.Mutex // guards the following
	ring []byte
	at   int
	full bool
}

// NewMemory returns a sink that keeps size bytes.
func NewMemory(size int) *Memory { return &Memory{ring: make([]byte, size)} }

// WriteLine keeps a line, in place of the oldest ones.
func (m *Memory) WriteLine(_ slog.Level, _ time.Time, line []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(line) > 0 {
		n := copy(m.ring[m.at:], line)
		line = line[n:]
		if m.at += n; m.at == len(m.ring) {
			m.at, m.full = 0, true
		}
	}
}

// Bytes returns what is kept, oldest first. The first line may lack its
// beginning.
func (m *Memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b []byte
	if m.full {
		b = append(b, m.ring[m.at:]...)
	}
	return append(b, m.ring[:m.at]...)
}
