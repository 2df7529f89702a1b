package h1

// A room counts how nginx would have laid a head out in its buffers:
// client_header_buffer_size first, then large_client_header_buffers. A line
// that does not fit moves as a whole to the next buffer, so that what is left
// of the one before is lost. The head itself stands in one piece here; only
// what is refused is the same.
type room struct {
	end  int // offset at which the current buffer would be full
	size int // of the current buffer
	used int // large buffers in use
}

// init gives a head its first buffer.
func (m *room) init(o *Options) {
	if m.size == 0 {
		m.size = o.HeaderBuffer
		m.end = m.size
	}
}

// grow makes room behind pos, where the current buffer ends, by moving the
// line that begins at start to another buffer. It reports whether there is one
// and it is large enough. Between lines there is nothing to move.
// (ngx_http_alloc_large_header_buffer)
func (m *room) grow(o *Options, start, pos int, between bool) bool {
	if between {
		start = pos
	} else if pos-start >= o.LargeBuffer {
		return false
	}
	if m.used >= o.LargeBuffers {
		return false
	}
	m.used++
	m.size = o.LargeBuffer
	m.end = start + m.size
	return true
}

// pipelined returns the room of a request that follows one that ended at end.
func (m *room) pipelined(end int) room {
	if m.end <= end {
		return room{}
	}
	return room{end: m.end - end, size: m.size, used: min(m.used, 1)}
}

// Room returns how many bytes Parse can use behind the have bytes it has seen,
// before it decides whether the head is too large. Reading more does no harm.
func (h *RequestHead) Room(have int) int {
	if h.stage == stageDone {
		return 0
	}
	m := h.room
	m.init(h.Options)
	return m.end - have
}
