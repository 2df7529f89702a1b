package httpd

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
)

// A Body is the body of a request, on its way in or already here.
type Body struct {
	Announced int64    // Content-Length; -1: there was none
	Chunked   bool     // the client sends chunks
	Length    int64    // bytes read
	Data      []byte   // what was read into memory
	File      *os.File // what was read, if it did not fit into memory; nil otherwise
	Trailers  *header.Block

	left       int64 // of Announced, not read yet
	raw        int64 // bytes read, framing included
	ended      bool  // nothing more will come
	read       bool  // somebody has read it, or is reading
	discarding bool
	store      *buf.Buffer
	dec        h1.Chunked
}

func (b *Body) reset() {
	b.store.Free()
	if b.File != nil {
		b.File.Close()
	}
	*b = Body{Announced: -1}
}

// Pending reports whether the client may still send some of the body.
func (b *Body) Pending() bool { return !b.ended }

// Present reports whether the request has a body at all.
func (b *Body) Present() bool { return b.Chunked || b.Announced > 0 }

// Read reports whether somebody has asked for the body already.
func (b *Body) Read() bool { return b.read }

// Unwanted reports whether it is thrown away as it comes: nobody can pass it on.
func (b *Body) Unwanted() bool { return b.discarding }

// Buffered reports whether the whole body is in Data or File, so that it can
// be sent again.
func (b *Body) Buffered() bool {
	return b.ended && (b.File != nil || int64(len(b.Data)) == b.Length)
}

// Errors of reading a body.
var (
	errBodyTooLarge = errors.New("client intended to send too large chunked body")
	errBodyInvalid  = errors.New("client sent invalid chunked body")
	errBodyEarly    = errors.New("client prematurely closed connection")
)

// Continue tells a client that waits for it to send the body. ReadBody and
// DiscardBody do it, so this is for those who read the body as it comes.
func (r *Request) Continue() {
	if r.expectDone || r.Minor < 1 || r.Client == nil || r.Parent != nil {
		return
	}
	r.expectDone = true
	e := r.Head.Get(header.Expect)
	if len(e) != len("100-continue") || !header.EqualFold(e, []byte("100-continue")) {
		return
	}
	r.Client.SetWriteTimeout(r.Loc.SendTimeout)
	r.Client.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
}

// ReadBody reads the whole body, into memory as far as client_body_buffer_size
// goes and into a temporary file beyond.
func (r *Request) ReadBody() Status {
	level := logs.Warn
	if r.Loc.BodyInFileOnly != BodyFileOff {
		level = logs.Notice
	}
	return r.readBody(r.Loc.BodyInFileOnly, level)
}

// ReadBodyFile reads the whole body into a temporary file, for those who rename
// it; it is gone when the request ends if nobody has. Body.File is nil if the
// request says nothing of a body, or if somebody read it into memory before.
func (r *Request) ReadBodyFile() Status { return r.readBody(BodyFileClean, levelNever) }

// levelNever is below any that can be logged.
const levelNever = slog.Level(-100)

// readBody reads the body, and says at level that a file is made for it.
func (r *Request) readBody(where BodyFile, level slog.Level) Status {
	b := &r.Body
	if r.Parent != nil || b.read || b.discarding {
		return OK
	}
	b.read = true
	r.Continue() // nginx does, even if there is no body
	inFile := where != BodyFileOff && (b.Chunked || b.Announced >= 0)
	if r.trace != nil {
		b.raw = b.Length
		return OK
	}
	if b.ended && !inFile {
		return OK
	}
	r.debug("http read client request body")
	size := r.bodyRoom()
	b.store = buf.Get(int(size))
	for !b.ended {
		room := b.store.B[b.store.W:min(len(b.store.B), int(size))]
		if len(room) == 0 {
			if st := r.spool(where, level); st != OK {
				return st
			}
			continue
		}
		n, err := r.ReadSome(room)
		b.store.W += n
		if err != nil && err != io.EOF {
			return r.BodyFailed(err)
		}
	}
	if b.File != nil || inFile {
		if st := r.spool(where, level); st != OK {
			return st
		}
	}
	b.Data = b.store.Bytes()
	return OK
}

// ReadAvailable reads as much of the body as has arrived and fits into memory,
// without waiting: for those who pass the rest on as it comes with ReadSome.
func (r *Request) ReadAvailable() Status {
	b := &r.Body
	if r.Parent != nil || b.discarding || b.ended {
		return OK
	}
	r.Continue()
	b.read = true
	b.store = buf.Get(r.Loc.BodyBuffer)
	// One read, as nginx: what comes meanwhile is for ReadSome.
	for reads := 0; !b.ended && len(b.store.Room()) > 0; {
		if r.in.Len() == 0 {
			if reads++; reads > 1 || r.Client.State() != conn.HasData {
				break
			}
		}
		n, err := r.readOnce(b.store.Room())
		b.store.W += n
		if err != nil && err != io.EOF {
			return r.BodyFailed(err)
		}
	}
	b.Data = b.store.Bytes()
	return OK
}

// bodyRoom returns how much of the body is kept in memory. As in nginx that is
// all of it if it has arrived, or has begun to and fits where the head is, or exceeds
// client_body_buffer_size by no more than a quarter.
func (r *Request) bodyRoom() int64 {
	size, here := int64(r.Loc.BodyBuffer), int64(r.in.Len())
	if r.Body.Chunked {
		return max(size, here)
	}
	room := int64(r.Server.Head.HeaderBuffer)
	if used := int64(r.headLength) + here; used <= room {
		room -= used
	} else {
		room = max(int64(r.Server.Head.LargeBuffer)-used, 0)
	}
	switch rest := r.Body.Announced - here; {
	case rest <= 0, here > 0 && rest < room, rest < size+size/4:
		return r.Body.Announced
	}
	return size
}

// spool moves what is in memory to the temporary file.
func (r *Request) spool(where BodyFile, level slog.Level) Status {
	b := &r.Body
	if b.File == nil {
		f, err := r.Loc.BodyTemp.Create(where == BodyFileOff)
		if err != nil {
			r.Errorf(logs.Crit, "open() temporary file failed%s", Errno(err))
			return 500
		}
		b.File = f
		if where == BodyFileClean {
			name := f.Name()
			r.OnEnd(func() { os.Remove(name) })
		}
		if len(b.store.Bytes()) > 0 {
			r.Errorf(level, "a client request body is buffered to a temporary file %s", f.Name())
		}
	}
	if _, err := b.File.Write(b.store.Bytes()); err != nil {
		r.Errorf(logs.Crit, "pwrite() \"%s\" failed%s", b.File.Name(), Errno(err))
		return 500
	}
	b.store.Reset()
	return OK
}

// BodyFailed answers for a body that cannot be read.
func (r *Request) BodyFailed(err error) Status {
	r.Keepalive = false
	switch {
	case errors.Is(err, errBodyTooLarge):
		r.Errorf(logs.Error, "client intended to send too large chunked body: %d bytes", r.Body.Length)
		r.Blame("body-too-large", "client_max_body_size", Fact{"bytes", r.Body.Length}, Fact{"limit", r.Loc.MaxBody})
		r.lingering = true
		return 413
	case errors.Is(err, errBodyInvalid):
		r.Errorf(logs.Error, "client sent invalid chunked body")
		return 400
	case errors.Is(err, os.ErrDeadlineExceeded):
		r.Errorf(logs.Info, "client timed out%s while reading client request body", Errno(err))
		return 408
	}
	r.Errorf(logs.Info, "client prematurely closed connection")
	r.Body.ended = true
	r.Resp.Status = 400 // for the log: there is nobody to be answered
	return Aborted
}

// ReadSome reads a piece of the body: for those who pass it on as it comes.
// It returns io.EOF, with or after the last bytes, at the body's end.
func (r *Request) ReadSome(p []byte) (int, error) {
	b := &r.Body
	b.read = true
	if b.ended {
		return 0, io.EOF
	}
	for {
		if n, err := r.readOnce(p); n > 0 || err != nil {
			return n, err
		}
	}
}

// readOnce is ReadSome with one read at most, so that it may return nothing.
func (r *Request) readOnce(p []byte) (int, error) {
	if r.in.Len() == 0 {
		if !r.Body.Chunked {
			return r.fromClient(p)
		}
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	return r.fromBuffer(p)
}

// fromBuffer takes what arrived together with the head.
func (r *Request) fromBuffer(p []byte) (int, error) {
	b := &r.Body
	if !b.Chunked {
		n := copy(p[:min(int64(len(p)), b.left)], r.in.Bytes())
		r.in.R += n
		return n, b.took(n)
	}
	total := 0
	for len(p) > 0 && r.in.Len() > 0 {
		have := r.in.Bytes()
		data, used, done, err := b.dec.Next(have[:min(len(have), len(p))])
		r.in.R += used
		b.count(used)
		n := copy(p, data)
		b.Length += int64(n)
		total += n
		p = p[n:]
		if err != nil {
			return total, errBodyInvalid
		}
		if max := r.Loc.MaxBody; max > 0 && b.Length+b.dec.Left() > max && !b.discarding {
			b.Length += b.dec.Left()
			return total, errBodyTooLarge
		}
		if done {
			b.ended = true
			return total, io.EOF
		}
		if used == 0 {
			break
		}
	}
	return total, nil
}

// count counts what has been read for $request_length, of which what is
// discarded is no part.
func (b *Body) count(n int) {
	if !b.discarding {
		b.raw += int64(n)
	}
}

// Discarded reports whether the body has been read to its end for nobody.
func (b *Body) Discarded() bool { return b.discarding && b.ended }

func (b *Body) took(n int) error {
	b.left -= int64(n)
	b.Length += int64(n)
	b.count(n)
	if b.left == 0 {
		b.ended = true
		return io.EOF
	}
	return nil
}

// fromClient reads the body straight from the connection.
func (r *Request) fromClient(p []byte) (int, error) {
	b := &r.Body
	r.Client.SetReadTimeout(r.bodyTimeout())
	n, err := r.Client.Read(p[:min(int64(len(p)), b.left)])
	if n > 0 {
		return n, b.took(n)
	}
	if err == nil || err == io.EOF {
		err = errBodyEarly
	}
	return 0, err
}

// more reads from the connection into the input buffer, behind the head, whose
// fields point into it.
func (r *Request) more() error {
	in := r.in
	if in.W == len(in.B) {
		if r.headEnd+in.Len() < len(in.B) {
			in.W = r.headEnd + copy(in.B[r.headEnd:], in.Bytes())
			in.R = r.headEnd
		} else {
			r.keepHead()
			in = r.in
		}
	}
	r.Client.SetReadTimeout(r.bodyTimeout())
	n, err := r.Client.Read(in.Room())
	in.W += n
	if n > 0 {
		return nil
	}
	if err == nil || err == io.EOF {
		err = errBodyEarly
	}
	return err
}

// keepHead puts the buffer the head is in aside and goes on with another.
func (r *Request) keepHead() {
	fresh := buf.Get(8 << 10)
	fresh.W = copy(fresh.B, r.in.Bytes())
	r.headBuf, r.in, r.headEnd = r.in, fresh, 0
}

func (r *Request) bodyTimeout() time.Duration {
	if r.Body.discarding {
		return r.Loc.LingeringTimeout
	}
	return r.Loc.BodyTimeout
}

// DiscardBody says that nobody wants the body. What has arrived is dropped
// now; the rest when the response is out.
func (r *Request) DiscardBody() Status {
	b := &r.Body
	if r.Parent != nil || b.discarding || b.read {
		return OK
	}
	if r.Client == nil {
		b.discarding, b.read, b.Data, b.Length = true, true, nil, 0
		return OK
	}
	r.Continue()
	if b.ended {
		return OK
	}
	b.discarding = true
	b.read = true
	r.debug("http set discard body")
	var scratch [512]byte
	for r.in != nil && r.in.Len() > 0 && !b.ended {
		n, err := r.fromBuffer(scratch[:])
		if err != nil && err != io.EOF {
			return r.BodyFailed(err)
		}
		if n == 0 && err == nil {
			break
		}
	}
	return OK
}

// drain reads what is left of a body that nobody wanted, for lingering_time at
// most, so that the next request can be found. It reports whether it can.
func (r *Request) drain() bool {
	b := &r.Body
	if b.ended {
		return true
	}
	if !b.discarding {
		return false
	}
	scratch := buf.Get(4 << 10)
	defer scratch.Free()
	end := time.Now().Add(r.Loc.LingeringTime)
	for !b.ended {
		if _, err := r.ReadSome(scratch.B); err != nil && err != io.EOF {
			return false
		}
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
