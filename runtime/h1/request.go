// Package h1 reads and writes HTTP/1 messages. It knows bytes, not requests:
// the server side and the upstream side of the proxy share it.
//
// What is accepted and what is refused is what nginx accepts and refuses; the
// comments name the functions of nginx's source that say so.
package h1

import "understudy/runtime/header"

// A RequestHead is the request line and the header of a request.
//
// Its texts point into the buffer that was given to Parse, or into memory of
// the head's own; they are valid until the buffer is reused, or Reset.
type RequestHead struct {
	Line   []byte // the request line, or what there is of one that is refused
	Method []byte
	Target []byte // as sent, without schema and host: nginx's $request_uri
	Proto  []byte // "HTTP/1.1"; nil in HTTP/0.9
	Schema []byte // of an absolute-form target, else nil

	URI   []byte // the path of Target, decoded and normalised
	Args  []byte // behind its "?"
	Exten []byte // behind the last "." of the last segment of URI

	// Host is the host the server is chosen by: that of the target, or else
	// of the Host field; lower case, without port and trailing dot. It is nil
	// if there is neither.
	Host []byte
	Port uint16 // that stood with Host; 0 if none did

	MethodID Method
	Version  int // 9, 1000, 1001 …: nginx's http_version

	Complex   bool // URI is not Target's path as sent: "//", "/.", "#"
	Quoted    bool // … because of "%"
	Plus      bool // there is a "+" in the path
	EmptyPath bool // Target begins with "?"

	ContentLength int64 // -1 if there is none
	Chunked       bool
	Connection    Connection // what the Connection fields ask for

	header.Block

	// Options are those of the default server of the address, until
	// SelectServer returns others. They must be set before Parse.
	Options *Options

	// SelectServer is called once, as soon as Host is known, and at the end
	// of a head without a host. It returns the options of the server that has
	// that name, or an error to refuse the request with. It may be nil.
	SelectServer func(host []byte) (*Options, error)

	// Ignored is called with each header line that ignore_invalid_headers
	// drops. It may be nil.
	Ignored func(line []byte)

	line   requestLine
	fields fieldReader
	stage  stage
	room   room
	split  splitURI
	end    int // of the whole head, in the buffer
	uri    []byte
	host   []byte
	err    Error
	server bool // has been selected
}

// Options are the directives of a server that the parser obeys.
type Options struct {
	HeaderBuffer  int // client_header_buffer_size
	LargeBuffer   int // large_client_header_buffers: size
	LargeBuffers  int // and number
	MaxFields     int // max_headers
	IgnoreInvalid bool
	Underscores   bool // underscores_in_headers
	MergeSlashes  bool
	AllowConnect  bool
}

// Defaults returns nginx's defaults.
func Defaults() Options {
	return Options{
		HeaderBuffer:  1024,
		LargeBuffer:   8192,
		LargeBuffers:  4,
		MaxFields:     1000,
		IgnoreInvalid: true,
		MergeSlashes:  true,
	}
}

// A Connection is what the Connection fields of a message ask for.
type Connection uint8

const (
	ConnectionDefault Connection = iota
	ConnectionClose
	ConnectionKeepAlive
)

type stage uint8

const (
	stageLine stage = iota
	stageFields
	stageDone
)

// Reset prepares h for the first request of a connection, or the first after
// the connection has been idle. Options and hooks stay.
func (h *RequestHead) Reset() { h.reset(room{}) }

// ResetPipelined prepares h for a request whose first bytes were read together
// with the last one. It gets what room that one has left: nginx goes on in the
// same buffer.
func (h *RequestHead) ResetPipelined() { h.reset(h.room.pipelined(h.end)) }

func (h *RequestHead) reset(r room) {
	uri, host := h.uri[:0], h.host[:0]
	block := h.Block
	block.Reset(nil)
	*h = RequestHead{
		Version:       1000, // of the answer, until the line says otherwise
		ContentLength: -1,
		Options:       h.Options,
		SelectServer:  h.SelectServer,
		Ignored:       h.Ignored,
		Block:         block,
		room:          r,
		uri:           uri,
		host:          host,
	}
}

// Parse reads a head from the start of buf and returns its length. If the head
// goes on behind buf, it returns ErrMore, and how many bytes at the start of
// buf are empty lines that the caller must drop before it reads more. Later
// calls take up where the last one stopped: buf must begin with the same bytes,
// but may have moved.
//
// Any other error refuses the request; it is an *Error of this package or what
// SelectServer returned.
func (h *RequestHead) Parse(buf []byte) (n int, err error) {
	h.Rebase(buf)
	if h.stage == stageLine {
		if n, err = h.parseLine(buf); err != nil {
			if err != ErrMore {
				h.bind(buf)
			}
			return n, err
		}
	}
	if h.stage == stageFields {
		if err = h.parseFields(buf); err == ErrMore {
			return 0, err
		}
	}
	h.bind(buf)
	return h.end, err
}

// Length returns the length of the lines that have been read, without the empty
// ones before them: nginx's $request_length, less the body.
func (h *RequestHead) Length() int { return max(0, h.end-h.line.start) }

func (h *RequestHead) parseLine(buf []byte) (n int, err error) {
	l := &h.line
	for {
		h.room.init(h.Options)
		err := l.parse(buf, min(len(buf), h.room.end))
		if err == nil {
			break
		}
		if err != ErrMore {
			if err == Err09Method {
				h.Version = l.version() // the answer has no header either
			}
			return 0, err
		}
		if l.pos == h.room.end {
			if l.state == lineStart { // nothing but empty lines: from the start
				h.room.end += h.room.size
			} else if !h.room.grow(h.Options, l.start, l.pos, false) {
				return 0, ErrLongURI
			}
		}
		if l.pos < len(buf) {
			continue
		}
		if l.state == lineStart {
			n, l.pos, l.start = l.pos, 0, 0
			h.room.end -= n
		}
		return n, ErrMore
	}
	h.Version = l.version()
	h.stage = stageFields
	h.fields.begin(l.pos)
	h.end = l.pos
	if err := h.bindURI(buf, h.Options.MergeSlashes); err != nil {
		return 0, err
	}
	if l.hostEnd > 0 {
		if err := h.setHost(buf[l.hostStart:l.hostEnd], ErrLineHost); err != nil {
			return 0, err
		}
	}
	if h.Version < 1000 {
		h.stage = stageDone
		return 0, h.selectServer()
	}
	return 0, nil
}

func (h *RequestHead) parseFields(buf []byte) error {
	r := &h.fields
	for {
		r.underscores = h.Options.Underscores
		switch r.parse(buf, min(len(buf), h.room.end)) {
		case fieldMore:
			if r.pos == h.room.end && !h.room.grow(h.Options, r.name, r.pos, r.state == fieldStart) {
				return h.tooLarge(buf)
			}
			if r.pos == len(buf) {
				return ErrMore
			}
		case fieldLine:
			h.end = r.pos
			if err := h.field(buf); err != nil {
				return err
			}
		case fieldDone:
			h.stage = stageDone
			h.end = r.pos
			return h.check()
		case fieldBad:
			return h.err.quote(ErrField, buf[r.name:r.valueEnd], buf[r.valueEnd:])
		}
	}
}

// maxQuoted is how much of a header line nginx writes to the log.
const maxQuoted = 2048 - 300

func (h *RequestHead) tooLarge(buf []byte) error {
	if h.fields.name == 0 {
		return ErrLarge
	}
	text := buf[h.fields.name:h.room.end]
	return h.err.quote(ErrLongField, text[:min(len(text), maxQuoted)])
}
